using Microsoft.Extensions.AI;

namespace Understudy.Extensions.AI;

/// <summary>
/// What one call wants of Understudy beyond what <see cref="ChatOptions"/> can say: what a client of the gateway says in
/// headers. Given with <see cref="UnderstudyChatOptions.With"/>, or to a client for all of its calls.
/// </summary>
public sealed record UnderstudyCallOptions
{
    /// <summary>The key in <see cref="ChatOptions.AdditionalProperties"/> under which it travels through other clients.</summary>
    public const string Key = "understudy";

    /// <summary>The route's name; null for the one that serves the model.</summary>
    public string? Route { get; init; }

    /// <summary>The model, where <see cref="ChatOptions.ModelId"/> names none; null for the route's only one.</summary>
    public string? ModelId { get; init; }

    /// <summary>The use case's name: other clocks, another priority. Null for the route's.</summary>
    public string? UseCase { get; init; }

    /// <summary>The time in which the call ends in one outcome; null for the use case's. More than 24 days count as 24 days.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>In whose name it is made: a client of the policy, with its budget and its own part of the cache. Null for nobody's.</summary>
    public string? Client { get; init; }

    /// <summary>
    /// The same for each try of one thing: a call that was given up runs on for the policy's <c>join</c> time, and the next
    /// try finds its answer; work that was deferred is deferred once. Null for none: a call that is cancelled ends.
    /// </summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The language of a notice, as in <c>Accept-Language</c>; null for the policy's first.</summary>
    public string? Language { get; init; }

    /// <summary>How the cache is used, on a route that has one. Default as the route says.</summary>
    public CacheUse Cache { get; init; }

    /// <summary>
    /// Whether the answer may come later: on a route with a rung <c>defer</c> the work is kept and done in the background.
    /// <see cref="ChatOptions.AllowBackgroundResponses"/> says the same.
    /// </summary>
    public bool Later { get; init; }

    internal UnderstudyCallOptions Over(UnderstudyCallOptions defaults) => new()
    {
        Route = Route ?? defaults.Route,
        ModelId = ModelId ?? defaults.ModelId,
        UseCase = UseCase ?? defaults.UseCase,
        Deadline = Deadline ?? defaults.Deadline,
        Client = Client ?? defaults.Client,
        IdempotencyKey = IdempotencyKey,
        Language = Language ?? defaults.Language,
        Cache = Cache == CacheUse.Usual ? defaults.Cache : Cache,
        Later = Later || defaults.Later,
    };
}

/// <summary>How a call uses the cache.</summary>
public enum CacheUse
{
    /// <summary>As its route says.</summary>
    Usual,

    /// <summary>No answer from the cache while a model can give one; a new one is kept.</summary>
    Renew,

    /// <summary>Nothing from it, and nothing into it.</summary>
    None,
}

/// <summary>Puts <see cref="UnderstudyCallOptions"/> into <see cref="ChatOptions"/>.</summary>
public static class UnderstudyChatOptions
{
    /// <summary>The same options, with what this call wants of Understudy.</summary>
    public static ChatOptions With(this ChatOptions options, UnderstudyCallOptions wish)
    {
        ArgumentNullException.ThrowIfNull(options);
        var with = options.Clone();
        (with.AdditionalProperties ??= [])[UnderstudyCallOptions.Key] = wish;
        return with;
    }

    internal static UnderstudyCallOptions Of(ChatOptions? options, UnderstudyCallOptions defaults)
    {
        if (options?.AdditionalProperties is null || !options.AdditionalProperties.TryGetValue(UnderstudyCallOptions.Key, out var given) || given is null) return defaults;
        return given is UnderstudyCallOptions wish ? wish.Over(defaults) : throw new ArgumentException($"ChatOptions.AdditionalProperties[\"{UnderstudyCallOptions.Key}\"] must be {nameof(UnderstudyCallOptions)}, not {given.GetType().Name}.", nameof(options));
    }
}
