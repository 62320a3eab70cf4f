using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Understudy.Extensions.AI.Answers;
using Understudy.Extensions.AI.Operating;
using Understudy.Extensions.AI.Questions;
using Understudy.Pipeline;

namespace Understudy.Extensions.AI;

/// <summary>
/// An <see cref="IChatClient"/> whose answers come from whoever on the route's ladder can give one: the same pipeline as
/// the gateway's, in this process. Thread-safe; as many as you like over one runtime.
/// </summary>
public sealed class UnderstudyChatClient : IChatClient
{
    private readonly UnderstudyRuntime _runtime;
    private readonly UnderstudyCallOptions _defaults;

    internal UnderstudyChatClient(UnderstudyRuntime runtime, UnderstudyCallOptions defaults)
    {
        _runtime = runtime;
        _defaults = defaults;
    }

    /// <inheritdoc/>
    /// <exception cref="UnderstudyException">No answer.</exception>
    /// <exception cref="ArgumentException">The policy knows no such model, route, use case or client; or a value is none.</exception>
    /// <exception cref="NotSupportedException">A setting, a tool or a content that only one vendor could take.</exception>
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        cancellationToken.ThrowIfCancellationRequested();
        if (options?.ContinuationToken is { } token) return await LookAsync(token, options, cancellationToken).ConfigureAwait(false);
        var answer = new WholeAnswer(HidesReasoning(options));
        // A caller who never leaves needs no source of its own.
        var left = cancellationToken.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _runtime.Ending) : null;
        var running = _runtime.RunAsync(() => Make(messages, options, stream: false, answer), answer, left?.Token ?? _runtime.Ending);
        if (left is not null) _ = running.ContinueWith(static (_, left) => ((CancellationTokenSource)left!).Dispose(), left, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        if (running.IsFaulted) await running.ConfigureAwait(false); // it never became a call
        // Not the run itself: a call that was given up may run on for its next try.
        return await answer.Response.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <exception cref="UnderstudyException">No answer, or it broke off and nobody could go on with it.</exception>
    /// <exception cref="ArgumentException">The policy knows no such model, route, use case or client; or a value is none.</exception>
    /// <exception cref="NotSupportedException">A setting, a tool or a content that only one vendor could take.</exception>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        cancellationToken.ThrowIfCancellationRequested();
        if (options?.ContinuationToken is { } token)
        {
            var response = await LookAsync(token, options, cancellationToken).ConfigureAwait(false);
            // The abstractions make updates of messages, and leave the token of work that still waits behind.
            if (response.ContinuationToken is { } still) yield return new() { Role = ChatRole.Assistant, ContinuationToken = still, AdditionalProperties = response.AdditionalProperties };
            else foreach (var update in response.ToChatResponseUpdates()) yield return update;
            yield break;
        }

        Call? call = null;
        var left = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _runtime.Ending);
        var answer = new StreamedAnswer(HidesReasoning(options), () => call!.Record);
        var running = RunAsync(() => Make(messages, options, stream: true, answer, made => call = made), answer, left);
        if (running.IsFaulted) await running.ConfigureAwait(false); // it never became a call
        await foreach (var update in answer.ReadAsync(cancellationToken).ConfigureAwait(false)) yield return update;
    }

    /// <summary>
    /// Hands a call over for later: no model is asked now. It is done in the background, in order of priority, as fast as
    /// the providers' recovery allows; ask for it at <see cref="UnderstudyRuntime.Deferred"/>, after a restart too.
    /// </summary>
    /// <returns>The work that is kept; or, where it could not be kept (the store has trouble or is full), the answer that was given at once instead.</returns>
    /// <exception cref="InvalidOperationException">The route has no rung <c>defer</c>, or the policy no store: nothing could be promised.</exception>
    /// <exception cref="UnderstudyException">It could neither be kept nor answered.</exception>
    public async Task<DeferredCall> DeferAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var wish = UnderstudyChatOptions.Of(options, _defaults) with { Later = true };
        if (_runtime.Engine.Deferral.Store is null) throw new InvalidOperationException("The policy names no store: nothing can be kept for later.");
        var response = await GetResponseAsync(messages, (options ?? new()).With(wish), cancellationToken).ConfigureAwait(false);
        if (response is { ContinuationToken: not null, DeferredId: { } id }) return await _runtime.Deferred.FindAsync(id, wish.Client).ConfigureAwait(false) ?? DeferredCall.Kept(id);
        return DeferredCall.AnsweredAtOnce(response);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        if (serviceType.IsInstanceOfType(this)) return this;
        if (serviceType == typeof(UnderstudyRuntime)) return _runtime;
        return serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("understudy", null, _defaults.ModelId) : null;
    }

    /// <summary>Nothing: the runtime is disposed of for itself.</summary>
    public void Dispose()
    {
    }

    private OverheardCall Make(IEnumerable<ChatMessage> messages, ChatOptions? options, bool stream, IProgramSink sink, Action<Call>? made = null)
    {
        var wish = UnderstudyChatOptions.Of(options, _defaults);
        var overheard = CallOf.Make(_runtime.Engine, _runtime.Spans, messages, options, wish, stream, sink);
        var call = overheard.Call;
        if (wish.Later && call.Route.Defer is null) throw new InvalidOperationException($"UnderstudyCallOptions.Later: the route {call.Route.Model.Name} has no rung 'defer'.");
        made?.Invoke(call);
        return overheard;
    }

    private async Task RunAsync(Func<OverheardCall> make, StreamedAnswer answer, CancellationTokenSource left)
    {
        using (left)
        {
            answer.Leaving = left.Cancel;
            await _runtime.RunAsync(make, answer, left.Token).ConfigureAwait(false);
            answer.Leaving = null;
        }
    }

    private async Task<ChatResponse> LookAsync(ResponseContinuationToken token, ChatOptions options, CancellationToken cancellationToken)
    {
        var id = Later.IdOf(token);
        var found = await _runtime.Deferred.FindAsync(id, UnderstudyChatOptions.Of(options, _defaults).Client).WaitAsync(cancellationToken).ConfigureAwait(false)
            ?? throw new UnderstudyException($"There is no such deferred work as {id}.", Failures.FailureKind.BadRequest, id);
        return found.ToResponse();
    }

    private static bool HidesReasoning(ChatOptions? options) => options?.Reasoning?.Output == ReasoningOutput.None;
}
