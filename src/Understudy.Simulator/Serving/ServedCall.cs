using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Understudy.Simulator.Vendors;

namespace Understudy.Simulator.Serving;

/// <summary>One call of the model while it is served: what the pump and the faults do with its connection and its bill.</summary>
internal sealed class ServedCall(SimulatedProvider provider, HttpContext http, int number, CancellationToken gone)
{
    private bool _inputBilled;

    public HttpContext Http => http;

    public int Number => number;

    public IVendor Vendor => provider.Vendor;

    public SimulatorOptions Options => provider.Options;

    /// <summary>The caller left, or the provider goes down.</summary>
    public CancellationToken Gone => gone;

    public required string RequestId { get; init; }

    public required ICallWire Wire { get; init; }

    public string Model { get; set; } = "";

    public bool AsksForStream { get; set; }

    public int InputTokens { get; set; }

    /// <summary>Set when an answer is being written.</summary>
    public AnswerContext? Context { get; set; }

    /// <summary>Frames of a stream that were sent.</summary>
    public int FramesSent { get; set; }

    /// <summary>The provider itself ended the connection: the caller did not abort.</summary>
    public bool HungUp { get; private set; }

    /// <summary>The model begins to work.</summary>
    public void BillInput()
    {
        if (_inputBilled) return;
        _inputBilled = true;
        provider.Stats.BillInput(InputTokens);
    }

    /// <summary>Holds the call; forever when no time is given.</summary>
    public Task WaitAsync(double? seconds) =>
        Task.Delay(seconds is { } some ? TimeSpan.FromSeconds(some) : Timeout.InfiniteTimeSpan, Options.Time, gone);

    public async Task SendErrorAsync(ApiError error)
    {
        var body = Vendor.ErrorBody(error, RequestId);
        await SendAsync(error.Status, "application/json", body, error.RetryAfter).ConfigureAwait(false);
    }

    public Task SendRawAsync(int status, string contentType, string body, double? retryAfter = null) =>
        SendAsync(status, contentType, Encoding.UTF8.GetBytes(body), retryAfter);

    public async Task SendStreamErrorAsync(ApiError error)
    {
        foreach (var frame in Wire.StreamError(Context!, error, FramesSent)) http.Response.BodyWriter.Write(frame.Bytes.Span);
        await http.Response.BodyWriter.FlushAsync(gone).ConfigureAwait(false);
    }

    public async Task WriteTextAsync(string text)
    {
        http.Response.BodyWriter.Write(Encoding.UTF8.GetBytes(text));
        await http.Response.BodyWriter.FlushAsync(gone).ConfigureAwait(false);
    }

    /// <summary>RST: what was written has gone out, since the transport sends within the flush.</summary>
    public void ResetConnection()
    {
        HungUp = true;
        if (Socket is { } socket) socket.LingerState = new LingerOption(enable: true, seconds: 0);
        http.Abort();
    }

    /// <summary>FIN, with the answer unfinished.</summary>
    public void CloseConnection()
    {
        HungUp = true;
        Socket?.Shutdown(SocketShutdown.Send);
        http.Abort();
    }

    /// <summary>Closes the provider's port for a while.</summary>
    public void ClosePort(TimeSpan time) => provider.CloseFor(time);

    private Socket? Socket => http.Features.Get<IConnectionSocketFeature>()?.Socket;

    private async Task SendAsync(int status, string contentType, ReadOnlyMemory<byte> body, double? retryAfter)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        http.Response.ContentLength = body.Length;
        if (retryAfter is { } seconds && provider.Options.Protocol != SimulatedProtocol.Gemini)
            http.Response.Headers.RetryAfter = Math.Ceiling(seconds).ToString(CultureInfo.InvariantCulture);
        provider.Stats.AnsweredWith(status);
        if (body.Length > 0) await http.Response.Body.WriteAsync(body, gone).ConfigureAwait(false); // a 204 may not be written to at all
    }
}
