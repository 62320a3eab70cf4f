using Understudy.Gateway.Tests.Support;
using Understudy.Observation;
using Understudy.Simulator;
using Understudy.Simulator.Faults;

namespace Understudy.Gateway.Tests;

/// <summary>
/// A streamed answer that breaks after every possible number of pieces: whoever goes on with it, the client has exactly
/// the whole text. Each piece index is a model name of its own, so that all of them run at once and no breaker is shared.
/// </summary>
public sealed class CutTests
{
    /// <summary>Its answer has all there is: every kind of end, letters beyond ASCII, and pieces of one and two words.</summary>
    private static int Pieces(string prompt) => AnswerText.Pieces(GatewayStage.Whole(prompt)).Count;

    public static TheoryData<Vendor, string, bool> Breaks
    {
        get
        {
            var cases = new TheoryData<Vendor, string, bool>();
            foreach (var vendor in Enum.GetValues<Vendor>())
            {
                foreach (var fault in (string[])["cut", "eof", "truncated_body", "stall", "error_event", "garbage"])
                {
                    cases.Add(vendor, fault, true);
                    cases.Add(vendor, fault, false);
                }
            }

            return cases;
        }
    }

    [Theory, MemberData(nameof(Breaks))]
    public async Task BrokenAnywhere_IsContinuedToTheExactText(Vendor vendor, string fault, bool sameProtocol)
    {
        await using var stage = await StartAsync(vendor, sameProtocol, clock: fault == "stall");
        var (first, second) = Cast(stage, vendor);
        var count = Pieces(GatewayStage.Prompt) + 1;
        first.Faults.Set(Enumerable.Range(0, count).Select(index => new FaultSpec { Kind = fault, After = index, Models = [Model(vendor, index)] }));

        var answers = await AskAllAsync(stage, vendor, count);

        AssertWhole(answers, second);
        Assert.Equal(count, first.Stats.Calls);
        Assert.Equal(count, first.Stats.CallsByFault[fault]);
        // After the last piece only the closing events are missing. Nobody can know that it was the last.
        Assert.Equal(count, second.Stats.Calls);
        await stage.WaitUntilAsync(stage => stage.Records.Count == count);
        Assert.All(stage.Records, record => Assert.Equal(CallOutcome.Answered, record.Outcome));
        Assert.All(stage.Records, record => Assert.Equal(2, record.Sent));
    }

    [Theory]
    [InlineData(Vendor.Anthropic, true, 3)]
    [InlineData(Vendor.Anthropic, false, 3)]
    [InlineData(Vendor.OpenAI, true, 3)]
    [InlineData(Vendor.OpenAI, false, 3)]
    [InlineData(Vendor.Anthropic, true, 12)]
    public async Task SecondSaysTheLastWordsAgain_NoWordComesTwice(Vendor vendor, bool sameProtocol, int words)
    {
        await using var stage = await StartAsync(vendor, sameProtocol);
        var (first, second) = Cast(stage, vendor);
        var count = Pieces(GatewayStage.Prompt) + 1;
        first.Faults.Set(Enumerable.Range(0, count).Select(index => new FaultSpec { Kind = "cut", After = index, Models = [Model(vendor, index)] }));
        second.Faults.Set(new FaultSpec { Kind = "overlap", Words = words });
        AssertWhole(await AskAllAsync(stage, vendor, count), second);
    }

    [Theory]
    [InlineData(Vendor.Anthropic, true, "apology")]
    [InlineData(Vendor.Anthropic, false, "apology")]
    [InlineData(Vendor.OpenAI, true, "apology")]
    [InlineData(Vendor.OpenAI, false, "apology")]
    [InlineData(Vendor.Anthropic, true, "restart")]
    [InlineData(Vendor.Anthropic, false, "restart")]
    [InlineData(Vendor.OpenAI, true, "restart")]
    [InlineData(Vendor.OpenAI, false, "restart")]
    public async Task SecondDoesNotGoOn_TheThirdDoes(Vendor vendor, bool sameProtocol, string manner)
    {
        await using var stage = await StartAsync(vendor, sameProtocol);
        var (first, second) = Cast(stage, vendor);
        var count = Pieces(GatewayStage.Prompt) + 1;
        first.Faults.Set(Enumerable.Range(0, count).Select(index => new FaultSpec { Kind = "cut", After = index, Models = [Model(vendor, index)] }));
        second.Faults.Set(manner);
        AssertWhole(await AskAllAsync(stage, vendor, count), second);
    }

    [Theory]
    [InlineData(Vendor.Anthropic)]
    [InlineData(Vendor.OpenAI)]
    public async Task CutAgainAndAgain_IsContinuedAgainAndAgain(Vendor vendor)
    {
        await using var stage = await StartAsync(vendor, sameProtocol: true);
        var (first, next) = Cast(stage, vendor);
        first.Faults.Set(new FaultSpec { Kind = "cut", After = 4, Times = 1 });
        next.Faults.Set(new FaultSpec { Kind = "cut", After = 4, Times = 1 });
        var answer = await Sdk.AskAsync(vendor, stage.Url, stream: true);
        Assert.Equal(GatewayStage.Whole(), answer.Text);
        Assert.Equal(3, (await stage.OnlyRecordAsync()).Sent);
    }

    [Theory]
    [InlineData(Vendor.Anthropic)]
    [InlineData(Vendor.OpenAI)]
    public async Task HeldAtItsLastPiece_AnAnswerIsWholeAndAskedForOnce(Vendor vendor)
    {
        await using var stage = await StartAsync(vendor, sameProtocol: true);
        var (first, _) = Cast(stage, vendor);
        using var hold = first.Gate.PauseNextCall(Pieces(GatewayStage.Prompt) - 1);
        var asking = Sdk.AskAsync(vendor, stage.Url, stream: true);
        await hold.Reached;
        hold.Release();
        Assert.Equal(GatewayStage.Whole(), (await asking).Text);
        Assert.Equal(1, stage.Received);
    }

    private static string Model(Vendor vendor, int index) => vendor == Vendor.Anthropic ? $"claude-sonnet-4-5-at{index}" : $"gpt-4o-at{index}";

    /// <summary>Whoever is asked first, and whoever is asked next.</summary>
    private static (SimulatedProvider First, SimulatedProvider Second) Cast(GatewayStage stage, Vendor vendor)
    {
        var first = vendor == Vendor.Anthropic ? stage.Claude : stage.OpenAI;
        var next = stage.Policy.Routes[0].Ladder.OfType<Configuration.TargetRung>().ElementAt(1).Targets[0].Provider.Name;
        return (first, next switch { "claude" => stage.Claude, "openai" => stage.OpenAI, _ => stage.Spare });
    }

    /// <summary>One attempt a target, so that it is always another one that goes on.</summary>
    private static Task<GatewayStage> StartAsync(Vendor vendor, bool sameProtocol, bool clock = false)
    {
        var useCase = clock ? GatewayStage.Brisk with { Deadline = TimeSpan.FromSeconds(60), FirstToken = TimeSpan.FromSeconds(2) } : GatewayStage.Patient;
        var (first, other) = vendor == Vendor.Anthropic ? ("claude", "openai") : ("openai", "claude");
        var otherModel = vendor == Vendor.Anthropic ? "gpt-4o" : "claude-sonnet-4-5";
        var spareModel = vendor == Vendor.Anthropic ? "claude-haiku-4-5" : "gpt-4o-mini";
        return GatewayStage.StartAsync(
            useCase,
            (policy, stage) => policy with
            {
                Retry = policy.Retry with { AttemptsPerTarget = 1, BudgetFloorPerSecond = 0, BudgetRatio = 0 },
                Breaker = new() { ConsecutiveFailures = 1000, MinimumCalls = 1000, Tolerate = null },
                Routes =
                [
                    sameProtocol
                        ? stage.Route("*", useCase, (first, null), ("spare", spareModel), (other, otherModel))
                        : stage.Route("*", useCase, (first, null), (other, otherModel), ("spare", spareModel)),
                ],
            },
            spareSpeaks: vendor == Vendor.Anthropic ? SimulatedProtocol.Anthropic : SimulatedProtocol.OpenAI);
    }

    private static Task<(int Index, string Text)[]> AskAllAsync(GatewayStage stage, Vendor vendor, int count) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(async index =>
        {
            try
            {
                return (index, (await Sdk.AskAsync(vendor, stage.Url, stream: true, model: Model(vendor, index))).Text);
            }
            catch (Exception thrown) when (Sdk.IsClean(thrown))
            {
                return (index, thrown.ToString());
            }
        }));

    /// <remarks>
    /// After the very last piece only the closing events are missing, and nobody can know that nothing else is: a target
    /// that takes no prefill is then asked to go on with a whole answer, and says what it likes. Nothing is lost of it.
    /// </remarks>
    private static void AssertWhole((int Index, string Text)[] answers, SimulatedProvider second)
    {
        var whole = GatewayStage.Whole();
        var mayAdd = second.Stats.Requests.Any(request => request.Path.EndsWith("/chat/completions", StringComparison.Ordinal)) ? answers.Length - 1 : -1;
        var wrong = answers
            .Where(answer => answer.Index == mayAdd ? !answer.Text.StartsWith(whole, StringComparison.Ordinal) : answer.Text != whole)
            .Select(answer => $"after {answer.Index} pieces: {answer.Text}");
        Assert.True(!wrong.Any(), $"wanted: {whole}\n{string.Join('\n', wrong)}");
    }
}
