using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Understudy.Configuration;

namespace Understudy.Extensions.AI.Tests;

/// <summary>The examples of <c>docs/library.md</c>, as they stand there: what does not compile here is not shown there.</summary>
internal static class LibraryExamples
{
    public static void Services(IServiceCollection services, Policy policy)
    {
        services.AddUnderstudy();                       // UNDERSTUDY_CONFIG, else ./understudy.yaml, else the vendors' keys in the environment
        services.AddUnderstudy("understudy.yaml");      // that file, read again when it changes
        services.AddUnderstudy(policy);                 // a Policy made in code
        services.AddUnderstudyChatClient("summaries", new() { Route = "summaries", UseCase = "batch" });
    }

    public static async Task WithoutAContainerAsync()
    {
        await using var runtime = UnderstudyRuntime.Load("understudy.yaml");
        using var chat = runtime.ChatClient().AsBuilder().UseFunctionInvocation().Build();
        var answer = await chat.GetResponseAsync("Why does the curtain rise again?", new() { ModelId = "claude-sonnet-4-5" });
        Console.WriteLine($"{answer.Text} ({answer.ServedBy}{(answer.IsDegraded ? ", degraded" : "")})");
    }

    public static ChatOptions Options(AIFunction seats)
    {
        var options = new ChatOptions { ModelId = "claude-sonnet-4-5", Tools = [seats] }.With(new()
        {
            Route = "box-office",                       // by name, instead of by the model
            UseCase = "interactive",                    // other clocks
            Deadline = TimeSpan.FromSeconds(20),        // this call's own
            Client = "website",                         // whose budget, whose part of the cache
            IdempotencyKey = "order 66",                // tries of one thing: the next one finds the answer of the one before
            Language = "de",                            // of a notice
            Cache = CacheUse.Renew,
        });
        return options;
    }

    public static async Task NobodyAsync(IChatClient chat, IList<ChatMessage> question, ChatOptions options, ILogger logger)
    {
        try
        {
            await chat.GetResponseAsync(question, options);
        }
        catch (UnderstudyException nobody)
        {
            logger.LogWarning(nobody, "{Kind}, to blame: {Side}, again in {RetryAfter}", nobody.Kind, nobody.Side, nobody.RetryAfter);
        }
    }

    public static async Task LaterAsync(UnderstudyRuntime runtime, UnderstudyChatClient understudy, IList<ChatMessage> question, ChatOptions options)
    {
        var work = await understudy.DeferAsync(question, options);
        var done = await runtime.Deferred.WaitAsync(work.Id);
        Console.WriteLine(done!.ResponseSensitive?.Text);
    }

    public static void ByAPerson(UnderstudyRuntime runtime)
    {
        foreach (var question in runtime.Inbox.WaitingSensitive)
        {
            runtime.Inbox.Answer(question.Id, who: "rosa", "It rises at eight.");
        }
    }

    public static async Task ByHandAsync(UnderstudyRuntime runtime)
    {
        await runtime.Operator.KillAsync("claude", who: "ana", why: "their status page", until: DateTimeOffset.UtcNow.AddHours(2), inFlight: true);
        await runtime.Operator.PinAsync("box-office", "openai/gpt-4o", DateTimeOffset.UtcNow.AddHours(1), who: "ana", why: "a test");
        await runtime.Operator.ReviveAsync("all", who: "ana", why: "well again");
        var status = runtime.Operator.Status;
        _ = status;
    }
}
