using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Understudy.Simulator.Tests.Support;

/// <summary>A provider and a plain HTTP client of it: no SDK that would smooth over what the wire does.</summary>
internal sealed class Client : IAsyncDisposable
{
    private Client(SimulatedProvider provider)
    {
        Provider = provider;
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ResponseDrainTimeout = TimeSpan.Zero }) { BaseAddress = provider.BaseUrl, Timeout = Timeout.InfiniteTimeSpan };
    }

    public SimulatedProvider Provider { get; }

    public HttpClient Http { get; }

    public static Task<Client> AnthropicAsync(Action<SimulatorOptions>? change = null) => StartAsync(SimulatedProtocol.Anthropic, change);

    public static Task<Client> OpenAIAsync(Action<SimulatorOptions>? change = null) => StartAsync(SimulatedProtocol.OpenAI, change);

    public static async Task<Client> StartAsync(SimulatedProtocol protocol, Action<SimulatorOptions>? change = null)
    {
        var options = new SimulatorOptions { Protocol = protocol };
        change?.Invoke(options);
        return new Client(await SimulatedProvider.StartAsync(options, TestContext.Current.CancellationToken));
    }

    public static JsonObject Message(string prompt, bool stream = false, string model = "claude-sonnet-4-5") => new()
    {
        ["model"] = model,
        ["max_tokens"] = 4096,
        ["stream"] = stream,
        ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = prompt }),
    };

    public static JsonObject Chat(string prompt, bool stream = false, string model = "gpt-4o") => new()
    {
        ["model"] = model,
        ["stream"] = stream,
        ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = prompt }),
    };

    public static JsonObject Parse(string json) => (JsonObject)JsonNode.Parse(json)!;

    public Task<HttpResponseMessage> SendAsync(string path, string body, CancellationToken cancellationToken = default, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        if (path.StartsWith("/v1/messages", StringComparison.Ordinal)) request.Headers.Add("anthropic-version", "2023-06-01");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    public Task<HttpResponseMessage> MessagesAsync(JsonObject body, CancellationToken cancellationToken = default, params (string Name, string Value)[] headers) =>
        SendAsync("/v1/messages", body.ToJsonString(), cancellationToken, headers);

    public Task<HttpResponseMessage> ChatAsync(JsonObject body, CancellationToken cancellationToken = default, params (string Name, string Value)[] headers) =>
        SendAsync("/v1/chat/completions", body.ToJsonString(), cancellationToken, headers);

    public static async Task<JsonObject> JsonAsync(HttpResponseMessage response) => Parse(await response.Content.ReadAsStringAsync());

    /// <summary>Reads as far as the stream goes; what broke it is told, not thrown.</summary>
    public static async Task<(List<SseEvent> Events, Exception? Broke)> EventsAsync(HttpResponseMessage response)
    {
        var text = new MemoryStream();
        Exception? broke = null;
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync();
            var buffer = new byte[4096];
            int read;
            while ((read = await body.ReadAsync(buffer)) > 0) text.Write(buffer, 0, read);
        }
        catch (Exception mistake) when (mistake is IOException or HttpRequestException)
        {
            broke = mistake;
        }

        return (SseEvent.Split(Encoding.UTF8.GetString(text.ToArray())), broke);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Provider.DisposeAsync();
    }
}

internal sealed record SseEvent(string? Name, string Data)
{
    public JsonObject Json => Client.Parse(Data);

    public static List<SseEvent> Split(string text) =>
    [
        .. text.Replace("\r\n", "\n", StringComparison.Ordinal).Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(block =>
        {
            var lines = block.Split('\n');
            var name = lines.FirstOrDefault(line => line.StartsWith("event: ", StringComparison.Ordinal))?[7..];
            return new SseEvent(name, string.Join('\n', lines.Where(line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(line => line[6..])));
        }),
    ];
}
