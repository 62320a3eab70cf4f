using System.Globalization;
using Microsoft.AspNetCore.Http;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Gateway.Access;
using Understudy.Gateway.Answers;
using Understudy.Hosting.Telemetry;
using Understudy.Observation;
using Understudy.Pipeline;
using Understudy.PolicyFile.Reading;
using Understudy.Routing;
using Understudy.Wires;

namespace Understudy.Gateway.Endpoints;

/// <summary>The hot path: a client's model call, from its bytes to the pipeline.</summary>
internal sealed class ModelCallEndpoint(Engine engine, GatewayState state, CallSpans? spans)
{
    /// <summary>Serves one call.</summary>
    /// <param name="context">The request.</param>
    /// <param name="protocol">What its path says that it speaks.</param>
    /// <param name="operation">What its path asks for.</param>
    /// <param name="pathModel">The model, for a protocol that has it in the path; else null.</param>
    /// <param name="pathStreams">Whether the path asks for a stream.</param>
    /// <param name="asArray">Whether it asks for the stream as one JSON array: Gemini's without <c>alt=sse</c>.</param>
    public async Task ServeAsync(HttpContext context, WireProtocol protocol, CallOperation operation, string? pathModel = null, bool pathStreams = false, bool asArray = false)
    {
        var id = NewId();
        try
        {
            await ServeAsync(context, protocol, operation, pathModel, pathStreams, asArray, id);
        }
        catch (Exception bug) when (bug is not BadHttpRequestException && !context.RequestAborted.IsCancellationRequested)
        {
            // A bug of ours, for every failure that is foreseen is a value: the client hears it in its own protocol all the same.
            engine.Journal.Tell(new(engine.Time.GetUtcNow(), "bug", id, $"a bug of the gateway's own ended call {id}: {bug.GetType().Name}"));
            if (context.Response.HasStarted)
            {
                context.Abort();
                return;
            }

            context.Response.Clear();
            await OwnAnswer.ErrorAsync(context, protocol, ClientErrorCause.Internal, "The gateway failed to serve this call.", id);
        }
    }

    private async Task ServeAsync(HttpContext context, WireProtocol protocol, CallOperation operation, string? pathModel, bool pathStreams, bool asArray, string id)
    {
        // 1. Who calls, and may we take it at all.
        var model = engine.Model;
        var policy = model.Policy;
        if (!ClientKeys.TryIdentify(context, policy, out var client))
        {
            await TurnAwayAsync(context, protocol, ClientErrorCause.Unauthorized, policy.Clients.Count == 0
                ? "This gateway has no client keys, so it serves programs on its own machine only."
                : "The key is not one of this gateway's client keys.", id);
            return;
        }

        if (!state.TryEnter())
        {
            await TurnAwayAsync(context, protocol, ClientErrorCause.Overloaded, "This gateway is shutting down.", id, TimeSpan.FromSeconds(1));
            return;
        }

        try
        {
            // 2. The body, in one piece.
            using var body = await RequestBody.ReadAsync(context.Request, policy.Limits.MaxBodyBytes, context.RequestAborted);
            if (body is null)
            {
                await TurnAwayAsync(context, protocol, ClientErrorCause.TooLarge, $"The body is larger than {policy.Limits.MaxBodyBytes} bytes.", id);
                return;
            }

            // 3. What routing needs of it.
            if (RequestScan.TryScan(body.Bytes.Span, out var facts) is { } mistake)
            {
                await TurnAwayAsync(context, protocol, ClientErrorCause.BadRequest, mistake, id);
                return;
            }

            if (pathModel is not null) facts = facts with { ModelStart = -1, ModelLength = 0, Stream = pathStreams };
            else if (facts.ModelStart < 0)
            {
                await TurnAwayAsync(context, protocol, ClientErrorCause.BadRequest, "model: a field that is required is missing.", id);
                return;
            }

            var asked = pathModel ?? state.ModelNames.Text(body.Bytes.Span.Slice(facts.ModelStart, facts.ModelLength));
            var headers = context.Request.Headers;
            var route = headers.TryGetValue("x-understudy-route", out var named)
                ? model.Routes.FindByName(named.ToString(), asked)
                : model.Routes.Find(asked);
            if (route is null)
            {
                await TurnAwayAsync(context, protocol, ClientErrorCause.ModelNotFound, named.Count > 0
                    ? "x-understudy-route names no route of this gateway."
                    : $"model: no route of this gateway serves '{WrongWord.Shown(asked)}'.", id);
                return;
            }

            if (facts.Thread && protocol == WireProtocol.AnthropicMessages && HasSeveralProviders(route))
            {
                await OwnAnswer.ErrorAsync(context, protocol, ClientErrorCause.KeptByVendor,
                    "thread: the vendor would keep the conversation, and no other provider of this route could take it up; send the whole history with each turn.", id);
                return;
            }

            // 4. The pipeline.
            var useCase = UseCase(policy, headers["x-understudy-use-case"].ToString()) ?? client?.UseCase ?? route.Model.UseCase;
            var startedAt = engine.Time.GetUtcNow();
            var span = spans?.Begin(headers.TraceParent, headers.TraceState, startedAt);
            using var array = asArray ? new GeminiArraySink(context) : null;
            var answer = array ?? (IAnswerSink)new HttpAnswerSink(context);
            using var capture = engine.Captures.Listen(route.Model, answer);
            var query = ClientKeys.WithoutKey(context.Request.QueryString);
            var call = new Call
            {
                Request = new()
                {
                    Protocol = protocol,
                    Operation = operation,
                    Body = body.Bytes,
                    Facts = operation == CallOperation.Generate ? facts : facts with { Stream = false },
                    Model = asked,
                    Query = asArray ? GeminiArraySink.AskForEvents(query) : query,
                    Headers = ForwardedHeaders.Of(headers, span?.Id),
                    Language = headers.TryGetValue("x-understudy-language", out var language) ? language.ToString() : null,
                    CallerSensitive = ClientKeys.CallerSensitive(context, client),
                    IdempotencyKey = headers.TryGetValue("idempotency-key", out var key) ? key.ToString() : null,
                    IsRetry = headers.TryGetValue("x-stainless-retry-count", out var retries) && IsMoreThanZero(retries.ToString()),
                },
                Sink = capture ?? answer,
                Model = model,
                Route = route,
                UseCase = useCase,
                Client = client,
                Record = new()
                {
                    Id = id,
                    StartedAt = startedAt,
                    Started = engine.Time.GetTimestamp(),
                    Client = client?.Name,
                    Route = route.Model.Name,
                    UseCase = useCase.Name,
                    Protocol = protocol,
                    Model = asked,
                    Stream = facts.Stream,
                    RequestBytes = body.Bytes.Length,
                    Span = span,
                },
            };
            await engine.Pipeline.RunAsync(call, context.RequestAborted);
            capture?.Keep(call.Record, body.Bytes.Span);
            if (array is not null) await array.EndAsync(context.RequestAborted);
        }
        finally
        {
            state.Leave();
        }
    }

    private static bool IsMoreThanZero(string count) => int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0;

    /// <summary>Tells a client why its call is not taken, and records that: nobody sees a wave of wrong keys otherwise.</summary>
    private Task TurnAwayAsync(HttpContext context, WireProtocol protocol, ClientErrorCause cause, string message, string id, TimeSpan? retryAfter = null)
    {
        var record = cause switch
        {
            ClientErrorCause.Unauthorized => Turned(CallOutcome.Refused, new(FailureKind.BadRequest, "no right to call")),
            ClientErrorCause.Overloaded => Turned(CallOutcome.Refused, new(FailureKind.Saturated, "the gateway is shutting down")),
            ClientErrorCause.TooLarge => Turned(CallOutcome.ClientError, new(FailureKind.BadRequest, "the body is too large")),
            ClientErrorCause.ModelNotFound => Turned(CallOutcome.ClientError, new(FailureKind.BadRequest, "no route serves it")),
            _ => Turned(CallOutcome.ClientError, new(FailureKind.BadRequest, "the request cannot be read")),
        };
        engine.Journal.Begin(record);
        engine.Journal.End(record);
        return OwnAnswer.ErrorAsync(context, protocol, cause, message, id, retryAfter);

        CallRecord Turned(CallOutcome outcome, Failure why) => CallRecord.TurnedAway(id, engine.Time, protocol, outcome, why);
    }

    private static UseCaseModel? UseCase(Policy policy, string name) => name.Length == 0 ? null : NamedUseCase(policy, name);

    private static UseCaseModel? NamedUseCase(Policy policy, string name) =>
        policy.UseCases.FirstOrDefault(useCase => useCase.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>With only one there is nobody to take a conversation up, and it may be kept where it is.</summary>
    private static bool HasSeveralProviders(Route route) =>
        route.Rungs.SelectMany(rung => rung.Targets).Select(target => target.Provider.Name).Distinct(StringComparer.Ordinal).Skip(1).Any();

    /// <summary>A model name that a client made up, safe to show back to it.</summary>

    private string NewId() => $"us_{engine.Chance.NextUInt64():x16}";
}
