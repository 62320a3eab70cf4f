using System.Globalization;
using Microsoft.Extensions.AI;
using Understudy.Calls;
using Understudy.Capture;
using Understudy.Configuration;
using Understudy.Hosting.Telemetry;
using Understudy.Pipeline;
using Understudy.PolicyFile.Reading;
using Understudy.Routing;
using Understudy.Wires;

namespace Understudy.Extensions.AI.Questions;

/// <summary>A call for the pipeline, made of what a program says: what the gateway makes of headers and bytes.</summary>
internal static class CallOf
{
    /// <summary>Timers know hardly longer time, and a person's time comes on top of it.</summary>
    private static readonly TimeSpan LongestDeadline = TimeSpan.FromDays(24);

    private static readonly HeaderField LaterField = new("prefer", "respond-async");

    /// <summary>Makes the call.</summary>
    /// <exception cref="ArgumentException">A route, a use case, a client or a model that the policy does not know, or a value that is none.</exception>
    /// <exception cref="NotSupportedException">A setting that only one vendor could heed.</exception>
    public static OverheardCall Make(Engine engine, CallSpans spans, IEnumerable<ChatMessage> messages, ChatOptions? options, UnderstudyCallOptions wish, bool stream, IAnswerSink sink)
    {
        var model = engine.Model;
        var asked = options?.ModelId ?? wish.ModelId ?? OnlyModel(model.Policy, wish.Route);
        var route = RouteOf(model, wish.Route, asked);
        var client = ClientOf(model.Policy, wish.Client);
        var useCase = UseCaseOf(model.Policy, wish.UseCase) ?? client?.UseCase ?? route.Model.UseCase;
        if (wish.Deadline is { } deadline) useCase = useCase with { Deadline = deadline > TimeSpan.Zero ? deadline : throw new ArgumentOutOfRangeException(nameof(wish), deadline, "UnderstudyCallOptions.Deadline: more than zero is wanted.") };
        if (useCase.Deadline > LongestDeadline) useCase = useCase with { Deadline = LongestDeadline };
        var conversation = ConversationOf.Read(messages, options, asked, stream);
        var body = Body(conversation);
        var startedAt = engine.Time.GetUtcNow();
        var capture = engine.Captures.Listen(route.Model, sink);
        return new(new()
        {
            Request = new()
            {
                Protocol = WireProtocol.InProcess,
                Body = body,
                Facts = new(-1, 0, stream, conversation.MaxOutput ?? 0, conversation.Reasoning is { IsOff: false }, conversation.Tools.Count > 0),
                Model = asked,
                Headers = Headers(wish, options),
                CallerSensitive = client?.Name ?? "",
                IdempotencyKey = wish.IdempotencyKey,
                Language = wish.Language,
            },
            Conversation = conversation,
            // A program that gives a call up means it, unless it has said by a key that it will come again.
            EndsWithItsCaller = wish.IdempotencyKey is null,
            Sink = capture ?? sink,
            Model = model,
            Route = route,
            UseCase = useCase,
            Client = client,
            Record = new()
            {
                Id = string.Create(CultureInfo.InvariantCulture, $"us_{engine.Chance.NextUInt64():x16}"),
                StartedAt = startedAt,
                Started = engine.Time.GetTimestamp(),
                Client = client?.Name,
                Route = route.Model.Name,
                UseCase = useCase.Name,
                Protocol = WireProtocol.InProcess,
                Model = asked,
                Stream = stream,
                RequestBytes = body.Length,
                Span = spans.Begin(startedAt),
            },
        }, capture);
    }

    private static byte[] Body(Conversation conversation)
    {
        using var output = new PooledBuffer();
        Wire.Of(WireProtocol.InProcess).WriteRequest(conversation, InProcess, output);
        return output.Written.ToArray();
    }

    private static TargetProfile InProcess { get; } = new() { Model = "" };

    private static HeaderField[] Headers(UnderstudyCallOptions wish, ChatOptions? options)
    {
        var later = wish.Later || options?.AllowBackgroundResponses == true;
        return (later, wish.Cache) switch
        {
            (false, CacheUse.Usual) => [],
            (true, CacheUse.Usual) => [LaterField],
            (false, _) => [CacheField(wish.Cache)],
            (true, _) => [LaterField, CacheField(wish.Cache)],
        };
    }

    private static HeaderField CacheField(CacheUse use) => new("cache-control", use == CacheUse.None ? "no-store" : "no-cache");

    /// <summary>The model where none is named: that of a policy, or of a route, that has only one.</summary>
    private static string OnlyModel(Policy policy, string? routeName)
    {
        var routes = routeName is null ? policy.Routes : [.. policy.Routes.Where(route => Same(route.Name, routeName))];
        string?[] named = [.. routes.SelectMany(route => route.Match).Where(pattern => !pattern.Contains('*', StringComparison.Ordinal))];
        if (named is [{ } only, ..] && (routeName is not null || routes.Count == 1)) return only;
        string?[] first = [.. routes.Take(1).SelectMany(route => route.Ladder).OfType<TargetRung>().SelectMany(rung => rung.Targets).Select(target => target.Model)];
        if (first is [{ } fixedModel, ..] && (routeName is not null || routes.Count == 1)) return fixedModel;
        throw new ArgumentException($"ChatOptions.ModelId: which model is asked for? The policy has the routes {Names(policy)}.");
    }

    private static Route RouteOf(EngineModel model, string? name, string asked)
    {
        if (name is not null)
        {
            return model.Routes.FindByName(name, asked)
                ?? throw new ArgumentException($"UnderstudyCallOptions.Route: '{WrongWord.Shown(name)}' is no route of the policy. Known: {Names(model.Policy)}{WrongWord.DidYouMean(name, model.Policy.Routes.Select(route => route.Name))}");
        }

        return model.Routes.Find(asked) ?? throw new ArgumentException($"ChatOptions.ModelId: no route of the policy serves '{WrongWord.Shown(asked)}'. Its routes: {Names(model.Policy)}{WrongWord.DidYouMean(asked, model.Policy.Routes.SelectMany(route => route.Match))}");
    }

    private static ClientModel? ClientOf(Policy policy, string? name) => name is null ? null
        : policy.Clients.FirstOrDefault(client => Same(client.Name, name))
            ?? throw new ArgumentException($"UnderstudyCallOptions.Client: '{WrongWord.Shown(name)}' is no client of the policy. Known: {string.Join(", ", policy.Clients.Select(client => client.Name))}{WrongWord.DidYouMean(name, policy.Clients.Select(client => client.Name))}");

    private static UseCaseModel? UseCaseOf(Policy policy, string? name) => name is null ? null
        : policy.UseCases.FirstOrDefault(useCase => Same(useCase.Name, name))
            ?? throw new ArgumentException($"UnderstudyCallOptions.UseCase: '{WrongWord.Shown(name)}' is no use case of the policy. Known: {string.Join(", ", policy.UseCases.Select(useCase => useCase.Name))}{WrongWord.DidYouMean(name, policy.UseCases.Select(useCase => useCase.Name))}");

    private static string Names(Policy policy) => string.Join(", ", policy.Routes.Select(route => route.Name));

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}

/// <summary>A call, and what is captured of it.</summary>
/// <param name="Call">The call.</param>
/// <param name="Capture">What hears it; null where its route does not say so, or its turn did not come.</param>
internal readonly record struct OverheardCall(Call Call, CaptureSink? Capture);
