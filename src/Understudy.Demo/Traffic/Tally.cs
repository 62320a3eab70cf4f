using Understudy.Simulator;

namespace Understudy.Demo.Traffic;

/// <summary>Counts what one kind of client lives through.</summary>
/// <param name="name">What the client is called on the board and in the table.</param>
/// <param name="line">Its history.</param>
/// <param name="seed">The providers' seed, which decides every answer.</param>
internal sealed class Tally(string name, TimeLine line, ulong seed)
{
    private const int TroublesKept = 50;

    private readonly Lock _lock = new();
    private readonly List<Trouble> _troubles = [];
    private Score _score = new();

    /// <summary>What the client is called.</summary>
    public string Name => name;

    /// <summary>Its history.</summary>
    public TimeLine Line => line;

    /// <summary>The numbers so far.</summary>
    public Score Score => Volatile.Read(ref _score);

    /// <summary>The first calls that went wrong.</summary>
    public IReadOnlyList<Trouble> Troubles
    {
        get
        {
            lock (_lock) return [.. _troubles];
        }
    }

    /// <summary>A call begins.</summary>
    /// <returns>Its place in the history; hand it back at the end.</returns>
    public int Begin()
    {
        lock (_lock) _score = _score with { Calls = _score.Calls + 1 };
        return line.Begin();
    }

    /// <summary>The client's SDK says that the answer is complete.</summary>
    public void Complete(int place, ClientCall call)
    {
        var due = AnswerText.For(AnswerText.Prompt(call.Prompt), seed);
        var got = call.Text;
        var verdict = got == due ? (call.Degraded ? Verdict.Degraded : Verdict.Whole)
            : due.StartsWith(got, StringComparison.Ordinal) ? Verdict.CutShownAsWhole
            : Verdict.Wrong;
        var tokens = got == due ? call.InputTokens + AnswerText.Pieces(due).Count : 0;
        End(place, call, verdict, tokens, verdict == Verdict.CutShownAsWhole ? $"cut after {got.Length} of {due.Length} characters, and no exception" : "another text than was due");
    }

    /// <summary>The client's SDK threw.</summary>
    public void Fail(int place, ClientCall call, Exception exception) =>
        End(place, call, Verdict.Error, usefulTokens: 0, call.FirstWord is null ? exception.GetType().Name : $"{exception.GetType().Name} in the middle of an answer");

    /// <summary>The show was over before the call was.</summary>
    public void LeaveHanging(int place, ClientCall call) => End(place, call, Verdict.Hanging, usefulTokens: 0, "no end when the show was over");

    private void End(int place, ClientCall call, Verdict verdict, long usefulTokens, string kind)
    {
        var good = verdict is Verdict.Whole or Verdict.Degraded;
        line.End(place, good, call.ServedBy);
        lock (_lock)
        {
            if (!good && _troubles.Count < TroublesKept) _troubles.Add(new(call.RequestId, kind));
            var counted = verdict switch
            {
                Verdict.Whole => _score with { Whole = _score.Whole + 1 },
                Verdict.Degraded => _score with { Degraded = _score.Degraded + 1 },
                Verdict.CutShownAsWhole => _score with { CutShownAsWhole = _score.CutShownAsWhole + 1 },
                Verdict.Wrong => _score with { Wrong = _score.Wrong + 1 },
                Verdict.Error => _score with { Errors = _score.Errors + 1 },
                Verdict.Hanging => _score with { Hanging = _score.Hanging + 1 },
            };
            _score = counted with
            {
                UsefulTokens = counted.UsefulTokens + usefulTokens,
                SlowestFirstWord = call.FirstWord is { } first && first > counted.SlowestFirstWord ? first : counted.SlowestFirstWord,
            };
        }
    }
}
