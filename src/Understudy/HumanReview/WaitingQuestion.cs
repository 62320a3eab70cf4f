using Understudy.Calls;

namespace Understudy.HumanReview;

/// <summary>A call that waits for a person. What is in it lives in memory only, and goes when the wait is over.</summary>
public sealed class WaitingQuestion
{
    private readonly Lock _gate = new();
    private volatile Verdict? _verdict;
    private volatile ReviewClaim? _claim;
    private TaskCompletionSource? _news;
    private bool _woken;

    /// <summary>The call's id, as the caller sees it in <c>x-understudy-request-id</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Where it waits.</summary>
    public required string Inbox { get; init; }

    /// <summary>Since when.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Until when the caller waits here.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>The call's route.</summary>
    public required string Route { get; init; }

    /// <summary>The call's use case.</summary>
    public required string UseCase { get; init; }

    /// <summary>Who calls; null for a caller without a key.</summary>
    public string? Client { get; init; }

    /// <summary>The model that was asked for.</summary>
    public required string Model { get; init; }

    /// <summary>What the caller speaks.</summary>
    public required WireProtocol Protocol { get; init; }

    /// <summary>Whether nobody waits for the answer now: it is work that was deferred, and a model may yet be sooner. Default false.</summary>
    public bool IsDeferred { get; init; }

    /// <summary>Whether the caller reads a stream, and is told meanwhile that somebody is here.</summary>
    public bool Stream { get; init; }

    /// <summary>Whether the caller reads JSON only.</summary>
    public bool NeedsJson { get; init; }

    /// <summary>Why no model answered: targets and kinds of failure.</summary>
    public IReadOnlyList<string> Why { get; init; } = [];

    /// <summary>What is asked.</summary>
    public required QuestionSensitive QuestionSensitive { get; init; }

    /// <summary>An older answer to the same question; null where there is none.</summary>
    public DraftSensitive? DraftSensitive { get; init; }

    /// <summary>Bytes that the call keeps in memory while it waits, its request included.</summary>
    public long Bytes { get; init; }

    /// <summary>Who is at it; null for nobody. It may be over: see <see cref="ReviewClaim.Until"/>.</summary>
    public ReviewClaim? Claim
    {
        get => _claim;
        internal set => _claim = value;
    }

    /// <summary>How the wait ended; null while it goes on.</summary>
    public Verdict? Verdict
    {
        get => _verdict;
        internal set => _verdict = value;
    }

    /// <summary>A few words without content.</summary>
    public override string ToString() => $"{Id} in inbox {Inbox}, since {Since:u}";

    /// <summary>Ends at the next <see cref="Wake"/>, or at once where one came since the last time.</summary>
    internal Task NewsAsync()
    {
        lock (_gate)
        {
            if (_woken)
            {
                _woken = false;
                return Task.CompletedTask;
            }

            _news = new();
            return _news.Task;
        }
    }

    /// <summary>There is something new: a verdict, or the time to tell the caller that it is not forgotten.</summary>
    internal void Wake()
    {
        TaskCompletionSource? news;
        lock (_gate)
        {
            news = _news;
            _news = null;
            _woken = news is null;
        }

        news?.SetResult(); // goes on in line, as everything that a call waits for does
    }
}
