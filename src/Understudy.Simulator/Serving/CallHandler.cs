using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Understudy.Simulator.Answers;
using Understudy.Simulator.Deviations;
using Understudy.Simulator.Faults;
using Understudy.Simulator.Vendors;
using Understudy.Simulator.Vendors.OpenAI;

namespace Understudy.Simulator.Serving;

/// <summary>A request's way through the provider: which endpoint, which fault, which refusal, which answer.</summary>
internal sealed class CallHandler(SimulatedProvider provider)
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 128 };

    private readonly AnswerComposer _composer = new(provider.Options.Seed);
    private readonly PromptCache _cache = new();
    private readonly ControlApi _control = new(provider);

    public async Task HandleAsync(HttpContext http, CancellationToken stopping)
    {
        var request = http.Request;
        if (request.Path.StartsWithSegments("/_sim", StringComparison.Ordinal))
        {
            await _control.HandleAsync(http).ConfigureAwait(false);
            return;
        }

        var wire = HttpMethods.IsPost(request.Method) ? provider.Vendor.FindWire(request) : null;
        var body = await ReadBodyAsync(request, http.RequestAborted).ConfigureAwait(false);
        var number = wire is null ? 0 : provider.Stats.BeginCall();
        provider.Stats.Keep(new ReceivedRequest(
            number, request.Method, request.Path.Value ?? "/", request.QueryString.Value ?? "",
            request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase), body));
        if (wire is null)
        {
            await AnswerDirectoryAsync(http).ConfigureAwait(false);
            return;
        }

        using var gone = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        var call = new ServedCall(provider, http, number, gone.Token)
        {
            Wire = wire,
            RequestId = provider.Vendor.NewRequestId(provider.Ids),
            InputTokens = Math.Max(1, body.Length / 4),
        };
        try
        {
            await ServeAsync(call, body).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            if (stopping.IsCancellationRequested) call.ResetConnection(); // returning would end the body cleanly
            else if (!call.HungUp) provider.Stats.CallAborted();
        }
        catch (Exception bug) when (bug is not OperationCanceledException && !http.Response.HasStarted)
        {
            // A mistake of the simulator's own must not look like the vendor's.
            await call.SendRawAsync(500, "text/plain", "the simulator has a bug: " + bug).ConfigureAwait(false);
        }
    }

    private async Task ServeAsync(ServedCall call, byte[] body)
    {
        // 1. What is told on every answer.
        provider.Stamp(call.Http.Response, call.RequestId);

        // 2. Read just enough to draw a fault: a provider that is down does not judge requests first.
        JsonDocument? document = null;
        string? notJson = null;
        try
        {
            document = JsonDocument.Parse(body, Strict);
        }
        catch (JsonException mistake)
        {
            notJson = mistake.Message;
        }

        using (document)
        {
            var source = new CallSource(document?.RootElement ?? default, body.Length, call.Http.Request, provider.Options);
            call.Model = call.Wire.ModelOf(source);
            call.AsksForStream = call.Wire.AsksForStream(source);
            provider.Stats.CallOf(call.Model);
            var fault = DrawFault(call);

            // 3. The gate, then faults at the door.
            if (provider.Gate.Take(call.Number, pieces: null) is { } hold) await hold.ArriveAsync(call.Gone).ConfigureAwait(false);
            if (fault is not null && await fault.AtDoorAsync(call).ConfigureAwait(false)) return;

            // 4. The caller's mistakes.
            if (Refusal(call, source, notJson, out var asked) is { } error)
            {
                await call.SendErrorAsync(error).ConfigureAwait(false);
                return;
            }

            // 5. The answer.
            await AnswerAsync(call, asked with { ToldSchema = ToldSchema.Find(source.Body, body) }, fault).ConfigureAwait(false);
        }
    }

    private Fault? DrawFault(ServedCall call)
    {
        if ((provider.Faults.Draw(call.Model) ?? provider.DrawFromScript(call.Model)) is not { } drawn) return null;
        provider.Stats.HitBy(drawn.Kind);
        return drawn.Fault;
    }

    private ApiError? Refusal(ServedCall call, CallSource source, string? notJson, out ModelCall asked)
    {
        asked = new ModelCall { Model = call.Model };
        var key = provider.Vendor.KeyOf(call.Http.Request);
        if (provider.Options.Key is { } wanted && key != wanted) return provider.Vendor.WrongKey(key);
        return notJson is null ? call.Wire.Read(source, out asked) : provider.Vendor.NotJson(notJson);
    }

    private async Task AnswerAsync(ServedCall call, ModelCall asked, Fault? fault)
    {
        if (call.Wire.ShortAnswer(asked) is { } brief)
        {
            call.Http.Response.ContentType = "application/json";
            call.Http.Response.ContentLength = brief.Length;
            provider.Stats.AnsweredWith(200);
            await call.Http.Response.Body.WriteAsync(brief, call.Gone).ConfigureAwait(false);
            provider.Stats.CallAnswered();
            return;
        }

        call.BillInput();
        var answer = _composer.Compose(asked, fault?.Manner ?? Manner.Good, provider.Ids);
        var (read, written) = _cache.Look(asked);
        call.Context = new AnswerContext(asked, answer, provider.Ids.Next(22), provider.Ids, provider.Options.Time.GetUtcNow(), read, written, provider.Options.Seed);
        var pump = new AnswerPump(provider, call, fault);
        Deviation[] habits = call.Wire is ChatWire ? [.. provider.Options.Deviations.Select(DeviationCatalog.Create)] : [];
        if (asked.Stream) await pump.StreamAsync(habits.Aggregate(call.Wire.Stream(call.Context), (frames, habit) => habit.Stream(frames)), answer.Tokens).ConfigureAwait(false);
        else await pump.WholeAsync(habits.Aggregate(call.Wire.Whole(call.Context), (body, habit) => habit.Whole(body)), answer.Tokens).ConfigureAwait(false);
    }

    private async Task AnswerDirectoryAsync(HttpContext http)
    {
        var request = http.Request;
        var response = http.Response;
        var requestId = provider.Vendor.NewRequestId(provider.Ids);
        provider.Stamp(response, requestId);
        response.ContentType = "application/json";
        if (HttpMethods.IsHead(request.Method))
        {
            response.StatusCode = request.Path == "/" ? 200 : 404; // Claude Code probes the root and needs no more
            return;
        }

        var key = provider.Vendor.KeyOf(request);
        if (provider.Options.Key is { } wanted && key != wanted)
        {
            await SendAsync(provider.Vendor.WrongKey(key)).ConfigureAwait(false);
            return;
        }

        if (HttpMethods.IsGet(request.Method) && provider.Vendor.Directory(request, provider.Options) is { } list)
            await WriteAsync(list).ConfigureAwait(false);
        else
            await SendAsync(provider.Vendor.NoSuchPath(request)).ConfigureAwait(false);

        Task SendAsync(ApiError error)
        {
            response.StatusCode = error.Status;
            return WriteAsync(provider.Vendor.ErrorBody(error, requestId));
        }

        Task WriteAsync(ReadOnlyMemory<byte> body)
        {
            response.ContentLength = body.Length; // Codex prints the chunk sizes of a chunked refusal
            return response.Body.WriteAsync(body, http.RequestAborted).AsTask();
        }
    }

    private static async Task<byte[]> ReadBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream((int)Math.Min(request.ContentLength ?? 0, 1 << 20));
        await request.Body.CopyToAsync(body, cancellationToken).ConfigureAwait(false);
        return body.ToArray();
    }
}
