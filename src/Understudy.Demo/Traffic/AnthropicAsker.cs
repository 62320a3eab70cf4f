using Anthropic;
using Anthropic.Models.Messages;

namespace Understudy.Demo.Traffic;

/// <summary>Anthropic's official SDK.</summary>
/// <param name="baseUrl">The gateway, or a provider.</param>
/// <param name="maxRetries">How often the SDK itself retries; null for its default.</param>
internal sealed class AnthropicAsker(Uri baseUrl, int? maxRetries = null) : IAsker, IDisposable
{
    private readonly AnthropicClient _client = new(new()
    {
        ApiKey = "demo",
        BaseUrl = baseUrl.ToString().TrimEnd('/'),
        MaxRetries = maxRetries,
        HttpClient = HeaderWatch.NewClient(),
    });

    /// <inheritdoc/>
    public async Task AskAsync(ClientCall call, CancellationToken cancellationToken)
    {
        HeaderWatch.Watch(call);
        var question = new MessageCreateParams
        {
            Model = Prompts.Model,
            MaxTokens = 1024,
            Messages = [new UserMessageParam(call.Prompt)],
        };
        await foreach (var streamed in _client.Messages.CreateStreaming(question, cancellationToken))
        {
            // Where another protocol served, the prompt's tokens are only known at the end.
            if (streamed.TryPickStart(out var start)) call.InputTokens = start.Message.Usage.InputTokens;
            else if (streamed.TryPickDelta(out var end)) call.InputTokens = end.Usage.InputTokens ?? call.InputTokens;
            else if (streamed.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickText(out var text)) call.Hear(text.Text);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();
}
