using System.Text;

namespace Understudy.Demo.Traffic;

/// <summary>One call as its client lives it: filled in while it runs, so that a call that fails tells how far it came.</summary>
internal sealed class ClientCall(string prompt, TimeProvider time)
{
    private readonly StringBuilder _text = new();
    private readonly long _started = time.GetTimestamp();

    /// <summary>The question.</summary>
    public string Prompt => prompt;

    /// <summary>The route that it asks the gateway for; null for the one that its model has.</summary>
    public string? Route { get; init; }

    /// <summary>What has come so far.</summary>
    public string Text => _text.ToString();

    /// <summary>From the call to the first word; retries included. Null while there is none.</summary>
    public TimeSpan? FirstWord { get; private set; }

    /// <summary>Tokens of the prompt, as the answer told.</summary>
    public long InputTokens { get; set; }

    /// <summary>The gateway's id of the call; null where there is no gateway.</summary>
    public string? RequestId { get; private set; }

    /// <summary>Who served it, as the gateway said when the answer began.</summary>
    public string? ServedBy { get; private set; }

    /// <summary>Whether the gateway said that the answer is less than what was asked for.</summary>
    public bool Degraded { get; private set; }

    /// <summary>The number under which the gateway keeps it; null where it was not put off.</summary>
    public string? DeferredId { get; private set; }

    /// <summary>The answer's headers are here.</summary>
    public void Begin(HttpResponseMessage response)
    {
        RequestId = Header(response, "x-understudy-request-id");
        ServedBy = Header(response, "x-understudy-served-by");
        Degraded = Header(response, "x-understudy-degraded") == "true";
        DeferredId = Header(response, "x-understudy-deferred-id");
    }

    /// <summary>A piece of the answer is here.</summary>
    public void Hear(string piece)
    {
        if (piece.Length == 0) return;
        FirstWord ??= time.GetElapsedTime(_started);
        _text.Append(piece);
    }

    /// <summary>The client throws away what it has and asks again.</summary>
    public void StartOver()
    {
        _text.Clear();
        InputTokens = 0;
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
