using System.ComponentModel;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Extensions.AI.Tests.Support;
using Understudy.Observation;
using Understudy.Simulator.Faults;

namespace Understudy.Extensions.AI.Tests;

/// <summary>Tools, histories, documents: what a program says reaches every provider, and what they answer reaches it.</summary>
public sealed class ToolTests
{
    private const string CallCurtain = "Please call raise_curtain for the evening.";

    [Description("Raises the curtain.")]
    private static string RaiseCurtain([Description("Which evening")] string evening) => $"The curtain is up ({evening.Length}).";

    private static AIFunction Curtain => AIFunctionFactory.Create(RaiseCurtain, "raise_curtain");

    public static TheoryData<string, bool> Providers => new()
    {
        { "claude", true }, { "claude", false }, { "openai", true }, { "openai", false }, { "gemini", true }, { "gemini", false },
    };

    /// <summary>Only this provider answers.</summary>
    private static void Leave(ProgramStage stage, string provider)
    {
        stage.FailAll();
        (provider switch { "claude" => stage.Claude, "openai" => stage.OpenAI, _ => stage.Gemini }).Faults.Clear();
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task AToolLoop_WorksOnEveryProvider(string provider, bool stream)
    {
        await using var stage = await ProgramStage.StartAsync();
        Leave(stage, provider);
        var invoked = 0;
        using var chat = stage.Chat.AsBuilder().UseFunctionInvocation(configure: client => client.FunctionInvoker = (context, token) =>
        {
            invoked++;
            return context.Function.InvokeAsync(context.Arguments, token);
        }).Build();
        var options = new ChatOptions { ModelId = ProgramStage.Claude45, Tools = [Curtain] };

        var response = stream
            ? await chat.GetStreamingResponseAsync(CallCurtain, options, TestContext.Current.CancellationToken).ToChatResponseAsync(TestContext.Current.CancellationToken)
            : await chat.GetResponseAsync(CallCurtain, options, TestContext.Current.CancellationToken);

        Assert.Equal(1, invoked);
        var call = Assert.Single(response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>());
        Assert.Equal(("raise_curtain", (Exception?)null), (call.Name, call.Exception));
        Assert.True(call.Arguments!.ContainsKey("evening"));
        Assert.NotEqual("", response.Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.StartsWith(provider, response.ServedBy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TheProviderDiesBetweenTheCallAndItsResult_TheLoopGoesOnElsewhere(bool stream)
    {
        await using var stage = await ProgramStage.StartAsync();
        using var chat = stage.Chat.AsBuilder().UseFunctionInvocation(configure: client => client.FunctionInvoker = (context, token) =>
        {
            stage.Claude.Faults.Set("refuse"); // while the tool runs, whoever asked for it dies
            return context.Function.InvokeAsync(context.Arguments, token);
        }).Build();
        var options = new ChatOptions { ModelId = ProgramStage.Claude45, Tools = [Curtain] };

        var response = stream
            ? await chat.GetStreamingResponseAsync(CallCurtain, options, TestContext.Current.CancellationToken).ToChatResponseAsync(TestContext.Current.CancellationToken)
            : await chat.GetResponseAsync(CallCurtain, options, TestContext.Current.CancellationToken);

        Assert.Equal("openai/gpt-4o", response.ServedBy);
        Assert.Equal(["claude/claude-sonnet-4-5", "openai/gpt-4o"], stage.Records.Select(record => record.ServedBy));
        Assert.NotEqual("", response.Text);
        var id = Assert.Single(response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>()).CallId;
        // The other vendor was shown the call and its result, and took both.
        Assert.Contains(id, stage.OpenAI.Stats.LastBody(), StringComparison.Ordinal);
        Assert.Contains("The curtain is up", stage.OpenAI.Stats.LastBody(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("error_event")]
    [InlineData("truncated_body")]
    public async Task CutInsideAToolCall_TheProgramSeesOneWholeCall(string fault)
    {
        await using var stage = await ProgramStage.StartAsync();
        stage.Claude.Faults.Set(fault, after: 2);

        var (response, updates) = await stage.StreamAsync(CallCurtain, new() { Tools = [Curtain] });

        var call = Assert.Single(updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>());
        Assert.Null(call.Exception);
        Assert.True(call.Arguments!.ContainsKey("evening"));
        Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
        Assert.Equal("openai/gpt-4o", response.ServedBy);
    }

    [Fact]
    public async Task CutInWordsBeforeACall_TheWordsGoOn_AndTheCallFollows()
    {
        await using var stage = await ProgramStage.StartAsync();
        var prompt = "Explain, then call raise_curtain.";
        stage.Claude.Faults.Set("cut", after: 5);

        var (response, _) = await stage.StreamAsync(prompt, new() { Tools = [Curtain] });

        Assert.Equal(ProgramStage.Whole(prompt), response.Text);
        Assert.Single(response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>());
        Assert.True(response.WasContinued);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task AForm_IsKept(string provider, bool stream)
    {
        await using var stage = await ProgramStage.StartAsync();
        Leave(stage, provider);

        var response = await stage.AskAsync(stream, options: new() { ResponseFormat = ChatResponseFormat.ForJsonSchema<Play>() });

        var play = JsonSerializer.Deserialize<Play>(response.Text, JsonSerializerOptions.Web);
        Assert.NotNull(play);
        Assert.False(string.IsNullOrEmpty(play.Title));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Reasoning_IsShown_AndTakenBackByItsMaker(string provider, bool stream)
    {
        await using var stage = await ProgramStage.StartAsync();
        Leave(stage, provider);
        var options = new ChatOptions { ModelId = ProgramStage.Claude45, MaxOutputTokens = 8000, Reasoning = new() { Effort = ReasoningEffort.Medium } };

        var first = await stage.AskAsync(stream, options: options);
        List<ChatMessage> history = [new(ChatRole.User, ProgramStage.Prompt), .. first.Messages, new(ChatRole.User, "And then?")];
        var second = await stage.Chat.GetResponseAsync(history, options, TestContext.Current.CancellationToken);

        Assert.NotEqual("", second.Text);
        if (provider != "claude") return; // chat shows none, and Gemini's is its own affair
        var thought = first.Messages[0].Contents.OfType<TextReasoningContent>().ToList();
        Assert.NotEmpty(string.Concat(thought.Select(content => content.Text)));
        var mark = Assert.Single(thought, content => content.ProtectedData is not null).ProtectedData!;
        Assert.Contains(mark, stage.Claude.Stats.LastBody(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenAIAskedInResponses_TakesItsOwnReasoningBack()
    {
        await using var stage = await ProgramStage.StartAsync(change: (policy, stage) =>
        {
            var openai = policy.Providers[1] with { Protocol = WireProtocol.OpenAIResponses };
            return policy with { Providers = [openai], Routes = [new() { Name = "all", Match = ["*"], UseCase = ProgramStage.Patient, Ladder = [new TargetRung { Targets = [new() { Provider = openai }] }] }] };
        });
        var options = new ChatOptions { ModelId = "gpt-5", Reasoning = new() { Effort = ReasoningEffort.Medium }, Tools = [Curtain] };

        var (first, _) = await stage.StreamAsync(CallCurtain, options);
        var call = Assert.Single(first.Messages[0].Contents.OfType<FunctionCallContent>());
        List<ChatMessage> history = [new(ChatRole.User, CallCurtain), .. first.Messages, new(ChatRole.Tool, [new FunctionResultContent(call.CallId, "up")])];
        var second = await stage.Chat.GetResponseAsync(history, options, TestContext.Current.CancellationToken);

        Assert.NotEqual("", second.Text);
        Assert.All(stage.OpenAI.Stats.Requests, request => Assert.EndsWith("/responses", request.Path, StringComparison.Ordinal));
        Assert.Contains("encrypted_content", stage.OpenAI.Stats.LastBody(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReasoningThatIsNotWanted_IsNotShown()
    {
        await using var stage = await ProgramStage.StartAsync();

        var (response, updates) = await stage.StreamAsync(options: new() { MaxOutputTokens = 8000, Reasoning = new() { Effort = ReasoningEffort.High, Output = ReasoningOutput.None } });

        Assert.Equal(ProgramStage.Whole(), response.Text);
        Assert.DoesNotContain(updates.SelectMany(update => update.Contents), content => content is TextReasoningContent);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task ALongHistory_WithToolsPicturesAndAPdf_IsTakenByEveryProvider(string provider, bool stream)
    {
        await using var stage = await ProgramStage.StartAsync();
        Leave(stage, provider);
        byte[] png = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");
        List<ChatMessage> history =
        [
            new(ChatRole.System, "You are a prompter."),
            new(ChatRole.User, [new TextContent("What is this?"), new DataContent(png, "image/png")]),
            new(ChatRole.Assistant, [new TextContent("I look."), new FunctionCallContent("call_1", "raise_curtain", new Dictionary<string, object?> { ["evening"] = "Friday" }), new FunctionCallContent("call_2", "raise_curtain", new Dictionary<string, object?> { ["evening"] = "Sunday" })]),
            new(ChatRole.Tool, [new FunctionResultContent("call_1", "up"), new FunctionResultContent("call_2", null) { Exception = new InvalidOperationException("stuck") }]),
            new(ChatRole.Assistant, "One is up."),
            new(ChatRole.User, [new TextContent("Read this."), new DataContent("%PDF-1.4 x"u8.ToArray(), "application/pdf") { Name = "play.pdf" }]),
        ];
        var options = new ChatOptions { ModelId = ProgramStage.Claude45, Tools = [Curtain], Temperature = 0.5f, TopP = 0.9f, Seed = 7, StopSequences = ["###"], Instructions = "Be brief." };

        var response = stream
            ? await stage.Chat.GetStreamingResponseAsync(history, options, TestContext.Current.CancellationToken).ToChatResponseAsync(TestContext.Current.CancellationToken)
            : await stage.Chat.GetResponseAsync(history, options, TestContext.Current.CancellationToken);

        Assert.NotEqual("", response.Text);
        var body = (provider switch { "claude" => stage.Claude, "openai" => stage.OpenAI, _ => stage.Gemini }).Stats.LastBody();
        Assert.All((string[])["You are a prompter.", "Be brief.", "iVBORw0KGgo", "Friday", "Sunday", "0.5"], word => Assert.Contains(word, body, StringComparison.Ordinal));
        if (provider != "claude") Assert.Contains("\"seed\":7", body, StringComparison.Ordinal);
    }

    private sealed record Play(string Title, int Acts);
}
