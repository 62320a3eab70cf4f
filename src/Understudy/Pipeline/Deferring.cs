using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Deferral;
using Understudy.Failures;
using Understudy.Notices;
using Understudy.Observation;
using Understudy.Wires;

namespace Understudy.Pipeline;

/// <summary>The defer rung: accepts a call for later, and says so. Nothing is said before the store has it on disk.</summary>
internal static class Deferring
{
    /// <summary>The header of every answer that stands for deferred work.</summary>
    public const string IdHeader = "x-understudy-deferred-id";

    private static readonly TimeSpan AskAgainAtLeast = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AskAgainAtMost = TimeSpan.FromMinutes(5);

    /// <summary>Whether the caller asked to be answered later (<c>prefer: respond-async</c>, RFC 7240) on a route that can.</summary>
    public static bool IsAskedFor(Call call) =>
        call.Route.Defer is not null && !call.IsReplay && call.Request.Operation == CallOperation.Generate
        && call.Request.Header("prefer") is { } wishes
        && wishes.Split([',', ';']).Any(wish => wish.Trim().Equals("respond-async", StringComparison.OrdinalIgnoreCase));

    /// <summary>Accepts a call whose caller asked for it: a 202 with the place of the answer.</summary>
    /// <returns>False where it could not be kept: then the wish is not heard, which RFC 7240 allows.</returns>
    public static async ValueTask<bool> TryAcceptAsync(Engine engine, Call call, DeferRung rung)
    {
        if (await KeepAsync(engine, call, rung).ConfigureAwait(false) is not { } id) return false;
        var view = await FindAsync(engine, call, id).ConfigureAwait(false);
        call.Record.Outcome = CallOutcome.Deferred;
        call.Record.ServedBy = "defer";
        using var body = new PooledBuffer();
        DeferredEnvelope.Write(view, body);
        call.Begun = true;
        call.Sink.Begin(new()
        {
            Status = 202,
            ContentType = "application/json",
            ContentLength = body.Length,
            PassThrough = new OwnHeaders(
                ("location", DeferredEnvelope.PathOf(id)), ("preference-applied", "respond-async"), (IdHeader, id),
                ("request-id", call.Record.Id), ("x-request-id", call.Record.Id)),
            RequestId = call.Record.Id,
            ServedBy = "defer",
            Attempts = call.Record.Sent,
            RetryAfter = AskAgainAfter(engine, call),
        });
        await call.Sink.WriteAsync(body.Written, CancellationToken.None).ConfigureAwait(false);
        return true;
    }

    /// <summary>Accepts a call that no model could answer, and says so in a whole answer in the caller's protocol.</summary>
    /// <returns>False where it could not be kept, or where its caller could not read what we say: the next rung is tried.</returns>
    public static async ValueTask<bool> TryAnswerAsync(Engine engine, Call call, DeferRung rung)
    {
        if (!MayHelp(call) || CallPipeline.Readable(call, translated: true) is not null) return false;
        // A program that asked for JSON or for a tool call would take a sentence for a broken answer; nor would it know that work was kept.
        if (AnswerForms.Of(call.Conversation!) != AnswerForm.Text) return false;
        if (await KeepAsync(engine, call, rung).ConfigureAwait(false) is not { } id) return false;
        var facts = new NoticeFacts(engine, call);
        var words = NoticeLanguage.Choose(rung.Words, call.Request.Language ?? call.Request.Header("accept-language"));
        var text = NoticeTemplate.Of(words).Fill(name => name == "id" ? id : facts.Value(name));
        if (engine.Notices.Given(call.Route.Model.Name))
        {
            engine.Journal.Tell(new(engine.Time.GetUtcNow(), "deferred", call.Route.Model.Name, $"calls of route {call.Route.Model.Name} are kept for later: {facts.Value("provider")}: {facts.Value("what")}"));
        }

        call.Record.Outcome = CallOutcome.Deferred;
        call.Record.ServedBy = "defer";
        await RungsWithoutModel.SendAsync(engine, call, new Answer { Parts = [new TextPart(text)], Finish = FinishReason.Stop }, new()
        {
            Status = 200,
            PassThrough = new OwnHeaders((IdHeader, id), ("request-id", call.Record.Id), ("x-request-id", call.Record.Id)),
            RequestId = call.Record.Id,
            ServedBy = "defer",
            Degraded = true,
            Attempts = call.Record.Sent,
        }).ConfigureAwait(false);
        return true;
    }

    /// <summary>Where nobody is ill and only the request suits nobody, or nobody pays for it, waiting mends nothing.</summary>
    private static bool MayHelp(Call call)
    {
        var attempts = call.Record.Attempts;
        return !attempts.Any(attempt => attempt.Failure?.Kind == FailureKind.BudgetSpent)
            && !(attempts.Count > 0 && attempts.All(attempt => attempt.Failure?.Kind is FailureKind.TargetNotAble or FailureKind.TranslationRefused));
    }

    /// <summary>Hands a call over to the queue.</summary>
    /// <returns>Its id, once it is on disk; null where it is not kept.</returns>
    private static async ValueTask<string?> KeepAsync(Engine engine, Call call, DeferRung rung)
    {
        if (engine.Deferral.Store is null) return null;
        byte[] body;
        try
        {
            body = WholeBody.Of(call.Request.Body.Span);
        }
        catch (JsonException)
        {
            return null; // a provider will say what is wrong with it
        }

        var now = engine.Time.GetUtcNow();
        var accepted = await engine.Deferral.AcceptAsync([new()
        {
            Id = engine.Deferral.NewId(WorkIds.Work),
            Owner = call.Record.Client ?? "",
            Route = call.Route.Model.Name,
            UseCase = call.UseCase.Name,
            Priority = call.UseCase.Priority,
            Protocol = call.Request.Protocol,
            Model = call.Request.Model,
            AcceptedAt = now,
            Deadline = now + (rung.Deadline ?? rung.Keep),
            Keep = rung.Keep,
            Tells = rung.Webhook is not null,
            Once = OnceOf(call, body),
            RequestSensitive = new()
            {
                BodySensitive = body,
                HeadersSensitive = DeferredHeaders.ForLater(call.Request.Headers),
                QuerySensitive = WithoutStream(call.Request.Query),
            },
        }]).ConfigureAwait(false);
        return accepted.Id;
    }

    /// <summary>Two tries to hand over one thing under one idempotency key are one piece.</summary>
    private static ReadOnlyMemory<byte> OnceOf(Call call, byte[] body)
    {
        if (call.Request.IdempotencyKey is not { Length: > 0 } key) return default;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{call.Request.CallerSensitive}\n{call.Record.Client}\n{key}\n{call.Route.Model.Name}\n{call.Request.Protocol}\n{call.Request.Model}\n")));
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }

    /// <summary>Gemini's query says how to stream.</summary>
    private static string WithoutStream(string query)
    {
        if (!query.Contains("alt=", StringComparison.OrdinalIgnoreCase)) return query;
        var kept = string.Join('&', query.TrimStart('?').Split('&').Where(part => !part.StartsWith("alt=", StringComparison.OrdinalIgnoreCase)));
        return kept.Length == 0 ? "" : "?" + kept;
    }

    private static async ValueTask<DeferredView> FindAsync(Engine engine, Call call, string id)
    {
        try
        {
            if (await engine.Deferral.FindAsync(id, call.Record.Client ?? "").ConfigureAwait(false) is { } found) return found;
        }
        catch (DeferralTroubleException)
        {
            // It is kept; only what is told of it is less.
        }

        return new()
        {
            Id = id,
            Owner = call.Record.Client ?? "",
            State = DeferredState.Waiting,
            Route = call.Route.Model.Name,
            Protocol = call.Request.Protocol,
            Model = call.Request.Model,
            AcceptedAt = engine.Time.GetUtcNow(),
            Deadline = engine.Time.GetUtcNow() + (call.Route.Defer!.Deadline ?? call.Route.Defer.Keep),
        };
    }

    /// <summary>When it is worth asking: when the first breaker may let a call through.</summary>
    private static TimeSpan AskAgainAfter(Engine engine, Call call)
    {
        var soonest = Replay.SoonestOpen(engine, call.Route, call.Model.Policy);
        return soonest < AskAgainAtLeast ? AskAgainAtLeast : soonest > AskAgainAtMost ? AskAgainAtMost : soonest;
    }
}
