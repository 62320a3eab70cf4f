using Microsoft.AspNetCore.Http;
using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Gateway.Answers;

/// <summary>
/// Gemini's other stream: without <c>alt=sse</c> the chunks come as the elements of one JSON array, as they are made.
/// Upstream they are asked for as events, which can be watched; here their frames are taken off. A stream that breaks
/// leaves an array that is not closed, after the error as its last element: no parser takes it for whole.
/// </summary>
internal sealed class GeminiArraySink(HttpContext context) : IAnswerSink, IDisposable
{
    private readonly HttpAnswerSink _inner = new(context);
    private readonly PooledBuffer _events = new();
    private readonly PooledBuffer _elements = new();
    private int _resume;
    private bool _any;
    private bool _stream;
    private bool _failed;
    private bool _gone;

    /// <summary>A client's query, asking for events.</summary>
    public static string AskForEvents(string query)
    {
        var kept = query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Where(part => !part.StartsWith("alt=", StringComparison.OrdinalIgnoreCase));
        return "?" + string.Join('&', kept.Append("alt=sse"));
    }

    /// <inheritdoc/>
    public void Begin(in AnswerHead head)
    {
        _stream = head.ContentLength is null;
        // An error is an element too, the only one.
        _inner.Begin(head with { ContentType = "application/json; charset=UTF-8", ContentLength = head.ContentLength + 2 });
    }

    /// <inheritdoc/>
    public ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (bytes.IsEmpty) return new(true);
        if (_stream) return WriteElementsAsync(bytes, cancellationToken);
        _elements.Append("["u8);
        _elements.Append(bytes.Span);
        _elements.Append("]"u8);
        return SendAsync(cancellationToken);
    }

    /// <summary>Closes the array of a whole answer.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        if (!_stream || _failed || _gone) return;
        _elements.Append(_any ? "]"u8 : "[]"u8);
        await SendAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public void Abort()
    {
        _gone = true;
        _inner.Abort();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _events.Dispose();
        _elements.Dispose();
    }

    private ValueTask<bool> WriteElementsAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        _events.Append(bytes.Span);
        while (SseSplitter.TryFindEnd(_events.Span, ref _resume, out var length))
        {
            var data = SseEvent.Parse(_events.Span[..length]).Data;
            if (!data.IsEmpty)
            {
                _elements.Append(_any ? ",\r\n"u8 : "["u8);
                _elements.Append(data);
                _any = true;
                _failed |= data.StartsWith("{\"error\""u8);
            }

            _events.Consume(length);
        }

        return _elements.Length == 0 ? new(true) : SendAsync(cancellationToken);
    }

    private async ValueTask<bool> SendAsync(CancellationToken cancellationToken)
    {
        var taken = await _inner.WriteAsync(_elements.Written, cancellationToken);
        _elements.Clear();
        _gone |= !taken && !cancellationToken.IsCancellationRequested; // one that is slow has what it was given
        return taken;
    }
}
