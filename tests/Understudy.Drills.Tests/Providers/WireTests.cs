using Understudy.Drills.Reading;
using Understudy.Drills.Strategies;
using Understudy.Observation;

namespace Understudy.Drills.Tests.Providers;

/// <summary>The modelled bytes against the engine's wires: each protocol, each outcome, streamed and whole, long and short.</summary>
public sealed class WireTests
{
    public static TheoryData<string, string, bool> Outcomes
    {
        get
        {
            var data = new TheoryData<string, string, bool>();
            string[] outcomes = ["ok", "slow", "hang", "http_401", "http_429", "http_429_no_retry_after", "http_500", "http_529", "http_530", "http_503", "conn_refused", "dns_fail", "stall_then_ok", "stream_cut", "stream_error_event", "stream_stall"];
            foreach (var model in (string[])["claude-opus-4-6", "gpt-5", "gemini-2.5-pro"])
            {
                foreach (var outcome in outcomes)
                {
                    data.Add(model, outcome, true);
                    data.Add(model, outcome, false);
                }
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Outcomes))]
    public void Client_GetsTheModelsWordsWhateverThePrimaryDoes(string model, string outcome, bool stream)
    {
        foreach (var output in (int[])[1, 40, 211, 1500, 9000])
        {
            var stage = new Rehearsal(Rehearsal.Always(outcome, model));
            var engine = new EngineStrategy(stage.World);
            CallRecord? record = null;
            AnswerReader? read = null;
            engine.Ended += (_, ended, client) => (record, read) = (ended, AnswerReader.Read(ended.Protocol, stream, client.Bytes));
            var call = stage.Call(engine, stream, output);
            stage.Pass(TimeSpan.FromMinutes(11));

            Assert.Null(engine.Bug);
            Assert.Equal(CallOutcome.Answered, record!.Outcome);
            Assert.True(read!.Agrees(call, whole: true), $"{read.Mistake} {read.Closed} {read.Text}");
            // A very long answer that is not streamed outlasts the engine's clock for one, which assumes 2,000 tokens.
            if (outcome == "ok" && (stream || output <= 2000)) Assert.Equal(1, record.Sent);
        }
    }

    [Theory]
    [InlineData("claude-opus-4-6")]
    [InlineData("gpt-5")]
    [InlineData("gemini-2.5-pro")]
    public void Usage_OnTheWireIsWhatIsBilled(string model)
    {
        foreach (var stream in (bool[])[true, false])
        {
            var stage = new Rehearsal(Rehearsal.Always("ok", model));
            var engine = new EngineStrategy(stage.World);
            CallRecord? record = null;
            engine.Ended += (_, ended, _) => record = ended;
            stage.Call(engine, stream, 211);
            stage.Pass(TimeSpan.FromMinutes(1));
            Assert.Equal((1000, 211), (record!.Usage.Input, record.Usage.Output));
            Assert.Equal(1211, stage.World.Recorder.TokensBilled);
            Assert.Equal(0, stage.World.Recorder.TokensWasted);
        }
    }

    [Fact]
    public void AllSick_EndsInAnErrorThatIsNoAnswer()
    {
        var setup = Rehearsal.Always("http_500");
        var stage = new Rehearsal(setup with { Sick = [.. setup.Policy.Providers.Select(provider => provider.Name)] });
        var engine = new EngineStrategy(stage.World);
        stage.Call(engine);
        stage.Pass(TimeSpan.FromMinutes(11));
        Assert.Equal((0, 1, 0), (stage.World.Recorder.Answered, stage.World.Recorder.Failed, stage.World.Recorder.Hanging));
    }

    [Fact]
    public void CutWithNobodyToGoOn_IsAnHonestCut()
    {
        var setup = Rehearsal.Always("stream_cut");
        var stage = new Rehearsal(setup with { Sick = [.. setup.Policy.Providers.Select(provider => provider.Name)] });
        var engine = new EngineStrategy(stage.World);
        AnswerReader? read = null;
        engine.Ended += (_, ended, client) => read = AnswerReader.Read(ended.Protocol, true, client.Bytes);
        var call = stage.Call(engine, output: 2000);
        stage.Pass(TimeSpan.FromMinutes(11));
        Assert.Equal(1, stage.World.Recorder.Cut);
        Assert.True(read!.Failed);
        Assert.True(read.Agrees(call, whole: false), read.Mistake);
        Assert.False(read.Agrees(call, whole: true));
    }
}
