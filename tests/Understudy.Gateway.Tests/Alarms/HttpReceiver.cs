using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Understudy.Gateway.Tests.Alarms;

/// <summary>Takes alarms over HTTP, answers as it is told, and keeps what came: what Slack, PagerDuty or a desk would get.</summary>
internal sealed class HttpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<Taken> _taken = [];
    private readonly ConcurrentQueue<(int Status, string? RetryAfter)> _answers = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource _news = New();

    private HttpReceiver(WebApplication app) => _app = app;

    public Uri Url => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public IReadOnlyList<Taken> All
    {
        get
        {
            lock (_lock) return [.. _taken];
        }
    }

    public static async Task<HttpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        var receiver = new HttpReceiver(builder.Build());
        receiver._app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            if (!receiver._answers.TryDequeue(out var answer)) answer = (202, null);
            context.Response.StatusCode = answer.Status;
            if (answer.RetryAfter is { } wait) context.Response.Headers.RetryAfter = wait;
            if (answer.Status is >= 300 and < 400) context.Response.Headers.Location = "http://127.0.0.1:1/elsewhere";
            receiver.Take(new(
                context.Request.Method, context.Request.Path, body.ToArray(), answer.Status,
                context.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString())));
        });
        await receiver._app.StartAsync(TestContext.Current.CancellationToken);
        return receiver;
    }

    /// <summary>The next answers; after them 202.</summary>
    public void Answer(params int[] statuses)
    {
        foreach (var status in statuses) _answers.Enqueue((status, null));
    }

    /// <summary>The next answer is a 429.</summary>
    public void Limit(string retryAfter) => _answers.Enqueue((429, retryAfter));

    /// <summary>Waits until so many have come; <paramref name="meanwhile"/> is done again and again, as moving a clock.</summary>
    public async Task<IReadOnlyList<Taken>> UntilAsync(int count, Func<Task>? meanwhile = null)
    {
        while (true)
        {
            Task news;
            lock (_lock)
            {
                if (_taken.Count >= count) return [.. _taken];
                if (_news.Task.IsCompleted) _news = New();
                news = _news.Task;
            }

            if (meanwhile is null) await news.WaitAsync(TestContext.Current.CancellationToken);
            else await meanwhile();
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private void Take(Taken taken)
    {
        lock (_lock)
        {
            _taken.Add(taken);
            _news.TrySetResult();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal sealed record Taken(string Method, string Path, byte[] Bytes, int Answered, Dictionary<string, string> Headers)
    {
        public string Text => System.Text.Encoding.UTF8.GetString(Bytes);

        public JsonObject Json => (JsonObject)JsonNode.Parse(Bytes)!;
    }
}
