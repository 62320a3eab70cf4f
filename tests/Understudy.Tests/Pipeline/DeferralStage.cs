using System.Globalization;
using System.Reflection;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Deferral;
using Understudy.Pipeline;
using Understudy.Wires;

namespace Understudy.Tests.Pipeline;

/// <summary>A stage whose only route has a defer rung, behind providers that are overloaded until a test says otherwise.</summary>
internal sealed class DeferralStage
{
    private int _number;

    public DeferralStage(DeferRung? rung = null, bool attach = true, Func<Policy, Policy>? change = null)
    {
        Stage = new(policy => (change ?? (same => same))(policy with
        {
            Routes =
            [
                Stage.Route((Stage.Claude, null), (Stage.OpenAI, "gpt-5")) with
                {
                    Ladder =
                    [
                        .. Stage.Route((Stage.Claude, null), (Stage.OpenAI, "gpt-5")).Ladder,
                        rung ?? new(),
                        new NoticeRung { Words = new() { Text = "Our assistant is resting for a while." }, Degraded = true },
                    ],
                },
            ],
        }));
        foreach (var target in (string[])["claude/claude-sonnet-4-5", "claude/gpt-5", "openai/gpt-5"]) Stage.Script(target, Reply.Error(529, "overloaded_error"));
        if (attach) Stage.Engine.Deferral.Attach(Store, () => (++_number).ToString("x32", CultureInfo.InvariantCulture));
    }

    public Stage Stage { get; }

    public MemoryDeferralStore Store { get; } = new();

    public static string Ask(WireProtocol protocol, bool stream, string more = "", string said = "Tell me.") => protocol switch
    {
        WireProtocol.AnthropicMessages => $$"""{"model":"claude-sonnet-4-5","max_tokens":100,"stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"{{said}}"}]{{more}}}""",
        WireProtocol.OpenAIChat => $$"""{"model":"claude-sonnet-4-5","stream":{{(stream ? """true,"stream_options":{"include_usage":true}""" : "false")}},"messages":[{"role":"user","content":"{{said}}"}]{{more}}}""",
        WireProtocol.OpenAIResponses => $$"""{"model":"claude-sonnet-4-5","stream":{{(stream ? "true" : "false")}},"input":"{{said}}"{{more}}}""",
        _ => $$"""{"contents":[{"role":"user","parts":[{"text":"{{said}}"}]}]{{more}}}""",
    };

    public static Answer Read(WireProtocol protocol, bool stream, byte[] bytes)
    {
        if (!stream) return Wire.Of(protocol).ReadAnswer(bytes);
        var collected = new AnswerCollector();
        var reader = Wire.Of(protocol).NewStreamReader();
        var rest = bytes.AsSpan();
        for (int at; (at = rest.IndexOf("\n\n"u8)) >= 0; rest = rest[(at + 2)..]) reader.Read(rest[..(at + 2)], collected);
        reader.Complete(collected);
        Assert.True(collected.IsFinished);
        return collected.ToAnswer();
    }

    public Client Call(Asking asking, string? body = null, bool stream = false)
    {
        var client = new Client();
        Stage.Finish(Stage.Begin(client, stream, body, caller: asking.Caller.Length == 0 ? null : asking.Caller, asking: asking));
        return client;
    }

    /// <summary>Hands a piece over, and gives its id.</summary>
    public string Keep(string said = "Tell me.", CallPriority priority = CallPriority.Normal, string owner = "ann", TimeSpan? deadline = null, string route = "test")
    {
        var piece = Piece(said, priority, owner, deadline, route);
        Assert.Equal(Acceptance.Kept, Done(Stage.Engine.Deferral.AcceptAsync([piece])).How);
        return piece.Id;
    }

    public DeferredWork Piece(string said, CallPriority priority = CallPriority.Normal, string owner = "ann", TimeSpan? deadline = null, string route = "test") => new()
    {
        Id = Stage.Engine.Deferral.NewId(WorkIds.Work),
        Owner = owner,
        Route = route,
        UseCase = "interactive",
        Priority = priority,
        Protocol = WireProtocol.AnthropicMessages,
        Model = "claude-sonnet-4-5",
        AcceptedAt = Stage.Time.GetUtcNow(),
        Deadline = Stage.Time.GetUtcNow() + (deadline ?? TimeSpan.FromHours(24)),
        Keep = TimeSpan.FromHours(24),
        RequestSensitive = new() { BodySensitive = System.Text.Encoding.UTF8.GetBytes(Ask(WireProtocol.AnthropicMessages, stream: false, said: said)) },
    };

    public DeferredView? Find(string id, string owner = "ann") => Done(Stage.Engine.Deferral.FindAsync(id, owner));

    /// <summary>Runs time until nothing waits and nothing runs.</summary>
    public void Drain()
    {
        while (Store.Tally.Count(DeferredState.Waiting) + Store.Tally.Count(DeferredState.Running) > 0) Assert.True(Stage.Time.RunNext(), "The queue stands still.");
    }

    /// <summary>What a task gave that has ended: in this world everything does at once.</summary>
    public static T Done<T>(Task<T> task)
    {
        Assert.True(task.IsCompleted, "It waits for something.");
        return task.GetAwaiter().GetResult();
    }
}

/// <summary>A store behind which another one stands, with a test between them.</summary>
#pragma warning disable CA1852 // DispatchProxy makes a subtype of it
internal class StoreInBetween : DispatchProxy
#pragma warning restore CA1852
{
    private IDeferralStore _store = null!;
    private Func<string, object?[], object?> _first = null!;

    /// <summary>The store.</summary>
    /// <param name="store">The one behind.</param>
    /// <param name="first">Asked first, with a method's name and arguments; null lets the one behind do it.</param>
    public static IDeferralStore Before(IDeferralStore store, Func<string, object?[], object?> first)
    {
        var between = Create<IDeferralStore, StoreInBetween>();
        ((StoreInBetween)(object)between)._store = store;
        ((StoreInBetween)(object)between)._first = first;
        return between;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var result = _first(targetMethod!.Name, args ?? []);
        return result is null ? targetMethod.Invoke(_store, args) : targetMethod.ReturnType == typeof(void) ? null : result;
    }
}
