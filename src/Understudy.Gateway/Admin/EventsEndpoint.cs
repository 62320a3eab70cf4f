using System.Buffers;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Understudy.HumanReview;
using Understudy.Observation;
using Understudy.Pipeline;

namespace Understudy.Gateway.Admin;

/// <summary><c>GET /admin/events</c>: what happened, newest first; with <c>accept: text/event-stream</c> as it happens.</summary>
internal sealed class EventsEndpoint(Engine engine, GatewayState state)
{
    /// <summary>A reader that is slower than this is skipped ahead: it must not hold what happens.</summary>
    private const int MostWaiting = 256;

    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    /// <summary>Serves a request.</summary>
    public Task ServeAsync(HttpContext context) => context.Request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase)
        ? StreamAsync(context)
        : AdminEndpoint.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartArray("events");
            foreach (var happening in engine.Journal.Recent) Write(json, happening);
            json.WriteEndArray();
        });

    private async Task StreamAsync(HttpContext context)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, state.Stopping);
        var news = Channel.CreateBounded<Happening>(new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        void Hear(Happening happening) => news.Writer.TryWrite(happening);
        void HearInbox(InboxChange change) => Hear(new(change.At, "question", change.Inbox, $"{change.Id} {change.What}"));
        engine.Journal.Happened += Hear;
        engine.Inboxes.Changed += HearInbox;
        try
        {
            context.Response.ContentType = "text/event-stream; charset=utf-8";
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers["X-Accel-Buffering"] = "no";
            await context.Response.BodyWriter.WriteAsync(": events as they happen\n\n"u8.ToArray(), ends.Token);
            while (true)
            {
                using var quiet = CancellationTokenSource.CreateLinkedTokenSource(ends.Token);
                await using var timer = engine.Time.CreateTimer(_ => quiet.Cancel(), null, KeepAlive, Timeout.InfiniteTimeSpan);
                var bytes = ": still here\n\n"u8.ToArray();
                try
                {
                    bytes = Event(await news.Reader.ReadAsync(quiet.Token));
                }
                catch (OperationCanceledException) when (!ends.IsCancellationRequested)
                {
                    // Nothing happened for a while.
                }

                await context.Response.BodyWriter.WriteAsync(bytes, ends.Token);
            }
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // The reader left, or the gateway stops.
        }
        finally
        {
            engine.Journal.Happened -= Hear;
            engine.Inboxes.Changed -= HearInbox;
        }
    }

    private static byte[] Event(Happening happening)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write("event: "u8);
        output.Write(System.Text.Encoding.ASCII.GetBytes(happening.Kind));
        output.Write("\ndata: "u8);
        using (var json = new Utf8JsonWriter(output)) Write(json, happening);
        output.Write("\n\n"u8);
        return output.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, Happening happening)
    {
        json.WriteStartObject();
        json.WriteString("at", happening.At);
        json.WriteString("kind", happening.Kind);
        json.WriteString("subject", happening.Subject);
        json.WriteString("text", happening.Text);
        json.WriteEndObject();
    }
}
