using System.ComponentModel;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Understudy.Extensions.AI;

// A box office with a tool. Each line on stdin is a question; each answer says who gave it. `kill NAME` and `revive NAME`
// are an operator's, `later ID` asks for an answer that was put off.
var services = new ServiceCollection();
services.AddUnderstudy(Path.Combine(AppContext.BaseDirectory, "understudy.yaml"));
await using var provider = services.BuildServiceProvider();
var runtime = provider.GetRequiredService<UnderstudyRuntime>();
using var chat = provider.GetRequiredService<IChatClient>().AsBuilder().UseFunctionInvocation().Build();

[Description("How many seats are left on an evening.")]
static string Seats([Description("The evening, such as Friday")] string evening) => $"{evening.Length} seats are left.";

var options = new ChatOptions { ModelId = "claude-sonnet-4-5", Tools = [AIFunctionFactory.Create(Seats, "seats")] };
var history = new List<ChatMessage>();
while (await Console.In.ReadLineAsync() is { } line)
{
    switch (line.Split(' ', 2))
    {
        case ["kill", var name]:
            await runtime.Operator.KillAsync(name, who: "box office", why: "a rehearsal");
            break;
        case ["revive", var name]:
            await runtime.Operator.ReviveAsync(name, who: "box office", why: "a rehearsal");
            break;
        case ["later", var id]:
            var work = await runtime.Deferred.WaitAsync(id);
            Console.WriteLine($"[{work?.ResponseSensitive?.ServedBy}] {work?.ResponseSensitive?.Text}");
            break;
        default:
            await AnswerAsync(line);
            break;
    }
}

async Task AnswerAsync(string question)
{
    history.Add(new(ChatRole.User, question));
    try
    {
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in chat.GetStreamingResponseAsync(history, options)) updates.Add(update);
        var answer = updates.ToChatResponse();
        history.AddMessages(answer);
        Console.WriteLine($"[{answer.ServedBy}{(answer.IsDegraded ? ", degraded" : "")}] {answer.Text}{(answer.DeferredId is { } id ? $" ({id})" : "")}");
    }
    catch (UnderstudyException nobody)
    {
        Console.WriteLine($"[nobody] {nobody.Message}");
    }
}
