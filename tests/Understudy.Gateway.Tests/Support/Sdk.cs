using System.ClientModel;
using Anthropic;
using Anthropic.Models.Messages;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Responses;

namespace Understudy.Gateway.Tests.Support;

/// <summary>The vendors' own libraries at their default settings, as an application uses them.</summary>
internal static class Sdk
{
    public const string Claude = "claude-sonnet-4-5";
    public const string Gpt = "gpt-4o";

    /// <summary>Asks, and gives what the application would take for a whole answer; anything else is an exception.</summary>
    public static Task<SdkAnswer> AskAsync(Vendor vendor, Uri gateway, bool stream, string prompt = GatewayStage.Prompt, string? model = null) => (vendor, stream) switch
    {
        (Vendor.Anthropic, true) => StreamAnthropicAsync(gateway, prompt, model ?? Claude),
        (Vendor.Anthropic, false) => AskAnthropicAsync(gateway, prompt, model ?? Claude),
        (Vendor.Responses, true) => StreamResponseAsync(gateway, prompt, model ?? Gpt),
        (Vendor.Responses, false) => AskResponseAsync(gateway, prompt, model ?? Gpt),
        (Vendor.OpenAI, true) => StreamOpenAIAsync(gateway, prompt, model ?? Gpt),
        (Vendor.OpenAI, false) => AskOpenAIAsync(gateway, prompt, model ?? Gpt),
        _ => throw new ArgumentOutOfRangeException(nameof(vendor)),
    };

    /// <summary>Whether an exception is one that the library declares or that a broken connection gives, and no parser's accident.</summary>
    public static bool IsClean(Exception exception) => exception
        is Anthropic.Exceptions.AnthropicException
        or ClientResultException
        or HttpRequestException
        or IOException;

    /// <summary>What a library says of an answer that has come to its end.</summary>
    public static string EndOf(Vendor vendor) => vendor switch
    {
        Vendor.Anthropic => "end_turn",
        Vendor.OpenAI => "Stop",
        Vendor.Responses => "Completed",
        _ => throw new ArgumentOutOfRangeException(nameof(vendor)),
    };

    public static AnthropicClient AnthropicClient(Uri gateway) => new() { ApiKey = "sk-of-a-client", BaseUrl = gateway.ToString().TrimEnd('/') };

    private static ChatClient ChatClient(Uri gateway, string model) =>
        new(model, new ApiKeyCredential("sk-of-a-client"), new OpenAIClientOptions { Endpoint = new(gateway, "v1") });

    private static MessageCreateParams Message(string prompt, string model) => new()
    {
        Model = model,
        MaxTokens = 1024,
        Messages = [new UserMessageParam(prompt)],
    };

    private static async Task<SdkAnswer> AskAnthropicAsync(Uri gateway, string prompt, string model)
    {
        using var client = AnthropicClient(gateway);
        var message = await client.Messages.Create(Message(prompt, model), TestContext.Current.CancellationToken);
        var text = string.Concat(message.Content.Select(block => block.TryPickText(out var said) ? said.Text : ""));
        return new(text, message.ID, message.StopReason?.Raw());
    }

    private static async Task<SdkAnswer> StreamAnthropicAsync(Uri gateway, string prompt, string model)
    {
        using var client = AnthropicClient(gateway);
        var text = new System.Text.StringBuilder();
        var ids = new List<string>();
        string? stop = null;
        var closed = 0;
        await foreach (var told in client.Messages.CreateStreaming(Message(prompt, model), TestContext.Current.CancellationToken))
        {
            if (told.TryPickStart(out var start)) ids.Add(start.Message.ID);
            if (told.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickText(out var piece)) text.Append(piece.Text);
            if (told.TryPickDelta(out var end)) stop = end.Delta.StopReason?.Raw();
            if (told.TryPickStop(out _)) closed++;
        }

        Assert.Single(ids); // never a second opening
        Assert.Equal(1, closed);
        return new(text.ToString(), ids[0], stop);
    }

    private static async Task<SdkAnswer> AskOpenAIAsync(Uri gateway, string prompt, string model)
    {
        var completion = (await ChatClient(gateway, model).CompleteChatAsync([new UserChatMessage(prompt)], cancellationToken: TestContext.Current.CancellationToken)).Value;
        return new(string.Concat(completion.Content.Select(part => part.Text)), completion.Id, completion.FinishReason.ToString());
    }

#pragma warning disable OPENAI001 // the library calls its client of Responses experimental: it is the one that is used
    private static ResponsesClient ResponsesClient(Uri gateway) =>
        new(new ApiKeyCredential("sk-of-a-client"), new ResponsesClientOptions { Endpoint = new(gateway, "v1") });

    private static async Task<SdkAnswer> AskResponseAsync(Uri gateway, string prompt, string model)
    {
        var response = (await ResponsesClient(gateway).CreateResponseAsync(model, prompt, cancellationToken: TestContext.Current.CancellationToken)).Value;
        return new(response.GetOutputText(), response.Id, response.Status.ToString());
    }

    private static async Task<SdkAnswer> StreamResponseAsync(Uri gateway, string prompt, string model)
    {
        var text = new System.Text.StringBuilder();
        ResponseResult? whole = null;
        var sequence = 0;
        await foreach (var update in await ResponsesClient(gateway).CreateResponseStreamingAsync(model, prompt, cancellationToken: TestContext.Current.CancellationToken))
        {
            Assert.Equal(sequence++, update.SequenceNumber);
            switch (update)
            {
                case StreamingResponseOutputTextDeltaUpdate delta:
                    text.Append(delta.Delta);
                    break;
                case StreamingResponseCompletedUpdate completed:
                    whole = completed.Response;
                    break;
                // A failure comes as an update of its own here, and a program has to look for it.
                case StreamingResponseErrorUpdate error:
                    throw new ClientResultException(error.Message);
                case StreamingResponseFailedUpdate failed:
                    throw new ClientResultException(failed.Response.Error?.Message ?? "failed");
            }
        }

        Assert.NotNull(whole); // a stream that just ends is not told to the program in any other way
        Assert.Equal(text.ToString(), whole.GetOutputText());
        return new(text.ToString(), whole.Id, whole.Status.ToString());
    }
#pragma warning restore OPENAI001

    private static async Task<SdkAnswer> StreamOpenAIAsync(Uri gateway, string prompt, string model)
    {
        var text = new System.Text.StringBuilder();
        var ids = new HashSet<string>();
        string? stop = null;
        await foreach (var update in ChatClient(gateway, model).CompleteChatStreamingAsync([new UserChatMessage(prompt)], cancellationToken: TestContext.Current.CancellationToken))
        {
            if (!string.IsNullOrEmpty(update.CompletionId)) ids.Add(update.CompletionId);
            foreach (var part in update.ContentUpdate) text.Append(part.Text);
            if (update.FinishReason is { } reason) stop = reason.ToString();
        }

        // A raw stream of this library ends without a word when the answer is cut: that it has to throw is the test's to see.
        return new(text.ToString(), Assert.Single(ids), stop);
    }
}

/// <summary>Whose library calls.</summary>
public enum Vendor
{
    Anthropic,
    OpenAI,

    /// <summary>OpenAI's library again, over Responses.</summary>
    Responses,
}

/// <summary>What an application has when its library returned without an exception.</summary>
internal sealed record SdkAnswer(string Text, string Id, string? StopReason);
