using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Deferral;
using Understudy.Gateway.Access;
using Understudy.Gateway.Endpoints;
using Understudy.Pipeline;
using Understudy.Wires;

namespace Understudy.Gateway.Deferred;

/// <summary>
/// Anthropic's Message Batches, <c>/v1/messages/batches…</c>, on any provider: the requests go through the queue of deferred
/// work, behind all work that was deferred by a ladder. Results can be read from the first one on.
/// </summary>
internal sealed class BatchesEndpoint(Engine engine)
{
    private const string Root = "/v1/messages/batches";
    private const int DefaultPage = 20, LargestPage = 1000, ResultsAtOnce = 100;

    /// <summary>A batch may be so many times larger than one request: the vendor's proportion.</summary>
    private const int BodiesInBatch = 8;

    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(5);

    /// <summary>Whether a path is one of these.</summary>
    public static bool IsAt(string path) => path.StartsWith(Root, StringComparison.Ordinal) && (path.Length == Root.Length || path[Root.Length] == '/');

    /// <summary>Makes a batch, or takes one back.</summary>
    public Task PostAsync(HttpContext context, string path) => ServeAsync(context, path, (id, word, client) => (id, word) switch
    {
        (null, null) => MakeAsync(context, client),
        (not null, "cancel") => TellAsync(context, () => engine.Deferral.Store!.CancelBatchAsync(id, Owner(client), engine.Time.GetUtcNow())),
        _ => NotFoundAsync(context),
    });

    /// <summary>Shows one batch, all of them, or the results of one.</summary>
    public Task GetAsync(HttpContext context, string path) => ServeAsync(context, path, (id, word, client) => (id, word) switch
    {
        (null, null) => ListAsync(context, Owner(client)),
        (not null, null) => TellAsync(context, () => engine.Deferral.Store!.FindBatchAsync(id, Owner(client))),
        (not null, "results") => ResultsAsync(context, id, Owner(client)),
        _ => NotFoundAsync(context),
    });

    /// <summary>Forgets a batch that has ended.</summary>
    public Task DeleteAsync(HttpContext context, string path) => ServeAsync(context, path, (id, word, client) => id is not null && word is null ? ForgetAsync(context, id, Owner(client)) : NotFoundAsync(context));

    private static string Owner(ClientModel? client) => client?.Name ?? "";

    private async Task ServeAsync(HttpContext context, string path, Func<string?, string?, ClientModel?, Task> serve)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (!ClientKeys.TryIdentify(context, engine.Model.Policy, out var client))
        {
            await RefuseAsync(context, ClientErrorCause.Unauthorized, "The key is not one of this gateway's client keys.");
            return;
        }

        if (engine.Deferral.Store is null)
        {
            await RefuseAsync(context, ClientErrorCause.NotFound, "This gateway keeps no batches: it has no store ('store: sqlite:understudy.db').");
            return;
        }

        var parts = path.Length <= Root.Length + 1 ? [] : path[(Root.Length + 1)..].Split('/');
        if (parts.Length > 2 || (parts.Length > 0 && !WorkIds.IsOne(parts[0], WorkIds.Batch)))
        {
            await NotFoundAsync(context);
            return;
        }

        try
        {
            await serve(parts.ElementAtOrDefault(0), parts.ElementAtOrDefault(1), client);
        }
        catch (DeferralTroubleException)
        {
            if (context.Response.HasStarted) context.Abort(); // a list of results must not look whole
            else await RefuseAsync(context, ClientErrorCause.Overloaded, "The store can't be asked at the moment. Nothing is lost: ask again.", AskAgain);
        }
    }

    private async Task MakeAsync(HttpContext context, ClientModel? client)
    {
        var model = engine.Model;
        var limits = model.Policy.Limits;
        using var body = await RequestBody.ReadAsync(context.Request, Math.Min(limits.MaxBodyBytes * BodiesInBatch, Array.MaxLength), context.RequestAborted);
        if (body is null)
        {
            await RefuseAsync(context, ClientErrorCause.TooLarge, string.Create(CultureInfo.InvariantCulture, $"The batch is larger than {limits.MaxBodyBytes * BodiesInBatch} bytes."));
            return;
        }

        var route = context.Request.Headers["x-understudy-route"].ToString();
        var reader = new BatchReader(asked => route.Length > 0 ? model.Routes.FindByName(route, asked) : model.Routes.Find(asked), limits.MaxBodyBytes);
        reader.Read(body.Bytes);
        if (reader.Mistakes.Count > 0)
        {
            await RefuseAsync(context, reader.Mistakes);
            return;
        }

        var now = engine.Time.GetUtcNow();
        var deferred = model.Policy.Deferred;
        var batch = new DeferredBatch(engine.Deferral.NewId(WorkIds.Batch), Owner(client), now, now + deferred.BatchDeadline, now + deferred.BatchKeep);
        var accepted = await engine.Deferral.AcceptAsync(Pieces(context, batch, reader.Items, model.Policy), batch);
        switch (accepted.How)
        {
            case Acceptance.Full:
                await RefuseAsync(context, ClientErrorCause.Overloaded, "There is no room for more work at the moment.", TimeSpan.FromMinutes(1));
                break;
            case Acceptance.Trouble:
                throw new DeferralTroubleException();
            default:
                await TellAsync(context, () => engine.Deferral.Store!.FindBatchAsync(batch.Id, batch.Owner));
                break;
        }
    }

    private List<DeferredWork> Pieces(HttpContext context, DeferredBatch batch, List<BatchItem> items, Policy policy)
    {
        var useCase = policy.UseCases.FirstOrDefault(one => one.Name == UseCaseModel.Batch.Name) ?? UseCaseModel.Batch;
        var headers = DeferredHeaders.ForLater(ForwardedHeaders.Of(context.Request.Headers, traceParent: null))
            .Where(header => !header.Value.StartsWith("message-batches", StringComparison.Ordinal)).ToArray();
        return items.ConvertAll(item => new DeferredWork
        {
            Id = engine.Deferral.NewId(WorkIds.Work),
            Owner = batch.Owner,
            Route = item.Route.Model.Name,
            UseCase = useCase.Name,
            Priority = useCase.Priority,
            Protocol = WireProtocol.AnthropicMessages,
            Model = item.Model,
            AcceptedAt = batch.MadeAt,
            Deadline = batch.Deadline,
            Keep = batch.KeptUntil - batch.MadeAt,
            Batch = batch.Id,
            RequestSensitive = new() { BodySensitive = item.BodySensitive, HeadersSensitive = headers, CustomIdSensitive = item.CustomIdSensitive },
        });
    }

    private async Task ListAsync(HttpContext context, string owner)
    {
        var query = context.Request.Query;
        var limit = DefaultPage;
        if (query.TryGetValue("limit", out var asked) && (!int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > LargestPage))
        {
            await RefuseAsync(context, ClientErrorCause.BadRequest, string.Create(CultureInfo.InvariantCulture, $"limit: a number from 1 to {LargestPage}."));
            return;
        }

        var page = await engine.Deferral.Store!.ListBatchesAsync(owner, Text(query["after_id"]), Text(query["before_id"]), limit);
        await JsonAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("data");
            foreach (var batch in page.Batches) BatchJson.Write(json, batch, ResultsUrl(context, batch));
            json.WriteEndArray();
            json.WriteBoolean("has_more", page.HasMore);
            json.WriteString("first_id", page.Batches.Count > 0 ? page.Batches[0].Batch.Id : null);
            json.WriteString("last_id", page.Batches.Count > 0 ? page.Batches[^1].Batch.Id : null);
            json.WriteEndObject();
        });

        static string? Text(string? value) => string.IsNullOrEmpty(value) ? null : value;
    }

    private async Task ResultsAsync(HttpContext context, string id, string owner)
    {
        var store = engine.Deferral.Store!;
        if (await store.FindBatchAsync(id, owner) is null)
        {
            await NotFoundAsync(context);
            return;
        }

        context.Response.ContentType = "application/x-jsonl";
        var line = "\n"u8.ToArray();
        for (long after = 0; ;)
        {
            // A page at a time: a hundred thousand answers are not held in memory.
            var page = await store.ResultsAsync(id, after, ResultsAtOnce);
            foreach (var result in page)
            {
                await using (var json = new Utf8JsonWriter(context.Response.BodyWriter, new() { SkipValidation = true })) BatchJson.Write(json, result);
                await context.Response.BodyWriter.WriteAsync(line, context.RequestAborted);
                after = result.Place;
            }

            if (page.Count < ResultsAtOnce) return;
        }
    }

    private async Task ForgetAsync(HttpContext context, string id, string owner)
    {
        var store = engine.Deferral.Store!;
        if (await store.ForgetBatchAsync(id, owner))
        {
            await JsonAsync(context, json =>
            {
                json.WriteStartObject();
                json.WriteString("id", id);
                json.WriteString("type", "message_batch_deleted");
                json.WriteEndObject();
            });
        }
        else if (await store.FindBatchAsync(id, owner) is null)
        {
            await NotFoundAsync(context);
        }
        else
        {
            await RefuseAsync(context, ClientErrorCause.BadRequest, "A batch that is in progress can't be deleted: cancel it first.");
        }
    }

    private static async Task TellAsync(HttpContext context, Func<Task<BatchView?>> find)
    {
        if (await find() is { } batch) await JsonAsync(context, json => BatchJson.Write(json, batch, ResultsUrl(context, batch)));
        else await NotFoundAsync(context);
    }

    private static string ResultsUrl(HttpContext context, BatchView batch)
    {
        var request = context.Request;
        var scheme = request.Headers["x-forwarded-proto"] == "https" ? "https" : request.Scheme;
        return $"{scheme}://{request.Host}{Root}/{batch.Batch.Id}/results";
    }

    private static async Task JsonAsync(HttpContext context, Action<Utf8JsonWriter> write, int status = StatusCodes.Status200OK)
    {
        using var buffer = new PooledBuffer();
        await using (var json = new Utf8JsonWriter(buffer)) write(json);
        context.Response.Headers["request-id"] = context.TraceIdentifier;
        await OwnAnswer.JsonAsync(context, buffer.Written, status);
    }

    /// <summary>A batch that is refused as a whole: every reason with its place, for people in the message, for programs beside it.</summary>
    private static Task RefuseAsync(HttpContext context, List<BatchMistake> mistakes)
    {
        context.Response.Headers["x-should-retry"] = "false";
        return JsonAsync(
            context,
            json =>
            {
                json.WriteStartObject();
                json.WriteString("type", "error");
                json.WriteStartObject("error");
                json.WriteString("type", "invalid_request_error");
                json.WriteString("message", string.Join(" ", mistakes.Select(mistake => mistake.Path.Length == 0 ? mistake.Message : $"{mistake.Path}: {mistake.Message}")));
                json.WriteStartArray("details");
                foreach (var (path, message) in mistakes)
                {
                    json.WriteStartObject();
                    json.WriteString("path", path);
                    json.WriteString("message", message);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
                json.WriteString("request_id", context.TraceIdentifier);
                json.WriteEndObject();
            },
            StatusCodes.Status400BadRequest);
    }

    private static Task NotFoundAsync(HttpContext context) => RefuseAsync(context, ClientErrorCause.NotFound, "There is no such batch.");

    private static Task RefuseAsync(HttpContext context, ClientErrorCause cause, string message, TimeSpan? retryAfter = null) =>
        OwnAnswer.ErrorAsync(context, WireProtocol.AnthropicMessages, cause, message, context.TraceIdentifier, retryAfter);
}
