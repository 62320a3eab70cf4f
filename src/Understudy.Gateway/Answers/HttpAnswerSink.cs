using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Understudy.Calls;
using Understudy.Transport;

namespace Understudy.Gateway.Answers;

/// <summary>An answer that goes out as an HTTP response.</summary>
internal sealed class HttpAnswerSink(HttpContext context) : IAnswerSink, IHeaderTarget
{
    /// <summary>Bodies up to here leave with the headers, in one write at the end.</summary>
    private const int SmallBody = 64 * 1024;

    private readonly HttpResponse _response = context.Response;
    private PipeWriter? _writer;
    private bool _stream;

    /// <inheritdoc/>
    public void Begin(in AnswerHead head)
    {
        _response.StatusCode = head.Status;
        var headers = _response.Headers;
        head.PassThrough?.CopyHeaders(this);
        if (head.ContentType is { } type) headers.ContentType = type;
        _stream = head.ContentLength is null;
        if (_stream)
        {
            headers["X-Accel-Buffering"] = "no";
            if (headers.CacheControl.Count == 0) headers.CacheControl = "no-cache";
        }
        else
        {
            headers.ContentLength = head.ContentLength;
        }

        headers["x-understudy-request-id"] = head.RequestId;
        if (head.ServedBy is { } server) headers["x-understudy-served-by"] = HeaderNames.Visible(server);
        if (head.JoinedTo is { } joined) headers["x-understudy-joined"] = joined;
        headers["x-understudy-attempts"] = Small(head.Attempts);
        headers["x-understudy-degraded"] = head.Degraded ? "true" : "false";
        if (head.PassThrough is null)
        {
            headers["request-id"] = head.RequestId;
            headers["x-request-id"] = head.RequestId;
        }

        if (head.Age is { } age) headers.Age = Math.Max(0, Math.Floor(age.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        if (head.RetryAfter is { } wait) headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        if (head.DoNotRetry) headers["x-should-retry"] = "false";
        _writer = _response.BodyWriter;
    }

    /// <inheritdoc/>
    public async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var writer = _writer!;
        try
        {
            if (!_stream && bytes.Length <= SmallBody)
            {
                bytes.Span.CopyTo(writer.GetSpan(bytes.Length));
                writer.Advance(bytes.Length);
                return true;
            }

            // Not WriteAsync: with a token that has fired it takes nothing, and the client would miss a piece in the middle.
            writer.Write(bytes.Span);
            var flushed = await writer.FlushAsync(cancellationToken);
            return !flushed.IsCompleted && !flushed.IsCanceled;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (InvalidOperationException)
        {
            return false; // the connection was torn down while the answer was being written
        }
    }

    /// <inheritdoc/>
    public void Abort() => context.Abort();

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (value.ContainsAnyInRange((byte)0, (byte)31)) return; // Kestrel would throw, and no client needs a bell
        _response.Headers.Append(HeaderNames.Text(name), Encoding.Latin1.GetString(value));
    }

    private static string Small(int number) => number switch
    {
        0 => "0",
        1 => "1",
        2 => "2",
        _ => number.ToString(CultureInfo.InvariantCulture),
    };
}
