using System.ClientModel;
using System.ClientModel.Primitives;
using OpenAI;
using OpenAI.Chat;

namespace Understudy.Demo.Traffic;

/// <summary>OpenAI's official SDK, with its defaults.</summary>
/// <param name="gateway">The gateway's address, without a path.</param>
internal sealed class OpenAIAsker(Uri gateway) : IAsker
{
    private readonly ChatClient _client = new(
        Prompts.Model,
        new ApiKeyCredential("demo"),
        new OpenAIClientOptions { Endpoint = new(gateway, "v1"), Transport = new HttpClientPipelineTransport(HeaderWatch.NewClient()) });

    /// <inheritdoc/>
    public async Task AskAsync(ClientCall call, CancellationToken cancellationToken)
    {
        HeaderWatch.Watch(call);
        await foreach (var update in _client.CompleteChatStreamingAsync([new UserChatMessage(call.Prompt)], options: null, cancellationToken))
        {
            foreach (var part in update.ContentUpdate) call.Hear(part.Text ?? "");
            if (update.Usage is { } usage) call.InputTokens = usage.InputTokenCount;
        }
    }
}
