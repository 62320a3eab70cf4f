using System.CommandLine;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Understudy.Cli.Verbs;

/// <summary>A running gateway's admin API, as the operator's verbs use it.</summary>
internal sealed class OperatorClient : IDisposable
{
    private const string DefaultAddress = "127.0.0.1:4600";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;

    private OperatorClient(Uri address, string token)
    {
        // No proxy: what is asked is a gateway of the operator's own, and the token is for nobody between.
        _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { BaseAddress = address, Timeout = Patience };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        Address = address;
    }

    /// <summary>Where the gateway is.</summary>
    public Uri Address { get; }

    /// <summary><c>--url</c>.</summary>
    public static Option<string?> UrlOption() => new("--url") { Description = "The running gateway. Without it: UNDERSTUDY_URL, then UNDERSTUDY_LISTEN, then http://127.0.0.1:4600." };

    /// <summary>A client of the gateway that is named by the option or the environment; null, and told on stderr, where that can't be.</summary>
    public static OperatorClient? Open(string? url)
    {
        var named = url ?? Variable("UNDERSTUDY_URL") ?? Variable("UNDERSTUDY_LISTEN") ?? DefaultAddress;
        var text = named.Contains("://", StringComparison.Ordinal) ? named : $"http://{named}";
        if (!Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            Console.Error.WriteLine($"'{named}' is no address of a gateway; as in --url http://127.0.0.1:4600");
            return null;
        }

        if (Variable("UNDERSTUDY_ADMIN_TOKEN") is { } token) return new(address, token);
        Console.Error.WriteLine("UNDERSTUDY_ADMIN_TOKEN is not set: it must be the admin token that the gateway runs with.");
        return null;
    }

    /// <summary>Asks.</summary>
    public Task<JsonObject?> GetAsync(string path, CancellationToken cancellationToken) => SendAsync(() => _http.GetAsync(path, cancellationToken), cancellationToken);

    /// <summary>Orders.</summary>
    public Task<JsonObject?> PostAsync(string path, JsonObject body, CancellationToken cancellationToken) =>
        SendAsync(() => _http.PostAsync(path, new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"), cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>The answer; null, and told on stderr, where there is none or it is a refusal.</summary>
    private async Task<JsonObject?> SendAsync(Func<Task<HttpResponseMessage>> send, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await send();
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            var answer = Parse(text);
            if (response.IsSuccessStatusCode && answer is not null) return answer;
            var why = (string?)answer?["error"]?["message"] ?? "this is no gateway of Understudy's, or an older one";
            Console.Error.WriteLine($"{Address} answered {(int)response.StatusCode}: {why}");
        }
        catch (HttpRequestException nobody)
        {
            var why = nobody.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused } ? "nobody listens there" : nobody.Message;
            Console.Error.WriteLine($"No gateway at {Address}: {why}. Name another with --url or UNDERSTUDY_URL.");
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Console.Error.WriteLine($"{Address} did not answer within {Patience.TotalSeconds:0} s.");
        }

        return null;
    }

    private static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name)?.Trim() is { Length: > 0 } value ? value : null;
}
