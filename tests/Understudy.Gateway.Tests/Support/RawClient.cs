using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Understudy.Gateway.Tests.Support;

/// <summary>A socket that speaks HTTP as badly as a test wants, and reads answers as they come.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly TcpClient _client = new();
    private readonly List<byte> _ahead = [];
    private NetworkStream _stream = null!;

    private RawClient()
    {
    }

    public Socket Socket => _client.Client;

    public static async Task<RawClient> ConnectAsync(Uri gateway)
    {
        var raw = new RawClient();
        await raw._client.ConnectAsync(gateway.Host, gateway.Port, TestContext.Current.CancellationToken);
        raw._stream = raw._client.GetStream();
        return raw;
    }

    /// <summary>One request on a connection of its own.</summary>
    public static async Task<RawResponse> AskAsync(Uri gateway, string head, byte[]? body = null)
    {
        using var raw = await ConnectAsync(gateway);
        await raw.SendAsync(head);
        if (body is not null) await raw.SendAsync(body);
        return await raw.ReadAsync(isHead: head.StartsWith("HEAD ", StringComparison.Ordinal));
    }

    /// <summary>The head of a POST with everything that a JSON body needs. Lines of <paramref name="more"/> end in CR LF.</summary>
    public static string Post(string path, int length, string more = "", string host = "127.0.0.1") =>
        $"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{(path.StartsWith("/v1/messages", StringComparison.Ordinal) ? "anthropic-version: 2023-06-01\r\n" : "")}{more}\r\n";

    public static Task<RawResponse> PostAsync(Uri gateway, string path, string body, string more = "", string host = "127.0.0.1")
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        return AskAsync(gateway, Post(path, bytes.Length, more, host), bytes);
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public Task SendAsync(byte[] bytes) => _stream.WriteAsync(bytes, TestContext.Current.CancellationToken).AsTask();

    /// <summary>Reads until <paramref name="text"/> has come; what is after it stays for the next read.</summary>
    public async Task<string> ReadToAsync(string text)
    {
        var wanted = Encoding.UTF8.GetBytes(text);
        while (true)
        {
            var at = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_ahead).IndexOf(wanted);
            if (at >= 0) return Encoding.Latin1.GetString(Take(at + wanted.Length));
            if (!await MoreAsync()) throw new EndOfStreamException($"The connection ended after: {Encoding.Latin1.GetString([.. _ahead])}");
        }
    }

    /// <summary>Reads one whole response.</summary>
    public async Task<RawResponse> ReadAsync(bool isHead = false)
    {
        var lines = (await ReadToAsync("\r\n\r\n")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines[1..].Select(line => (Name: line[..line.IndexOf(':')].ToLowerInvariant(), Value: line[(line.IndexOf(':') + 1)..].Trim())).ToList();
        string? Header(string name) => headers.FirstOrDefault(header => header.Name == name).Value;
        var body = new List<byte>();
        var status = int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture);
        if (isHead || status is 204 or 304)
        {
            // no body
        }
        else if (Header("content-length") is { } length)
        {
            body.AddRange(await TakeAsync(int.Parse(length, CultureInfo.InvariantCulture)));
        }
        else if (Header("transfer-encoding") == "chunked")
        {
            while (true)
            {
                var size = int.Parse((await ReadToAsync("\r\n")).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                body.AddRange(await TakeAsync(size));
                await ReadToAsync("\r\n");
                if (size == 0) break;
            }
        }
        else
        {
            while (await MoreAsync())
            {
            }

            body.AddRange(Take(_ahead.Count));
        }

        return new(status, headers, [.. body]);
    }

    /// <summary>Whether the peer has ended the connection, with everything read that it sent.</summary>
    public async Task<bool> IsClosedAsync()
    {
        try
        {
            return !await MoreAsync();
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>RST.</summary>
    public void Reset()
    {
        Socket.LingerState = new(enable: true, seconds: 0);
        Socket.Close();
    }

    public void Dispose() => _client.Dispose();

    private async Task<byte[]> TakeAsync(int count)
    {
        while (_ahead.Count < count)
        {
            if (!await MoreAsync()) throw new EndOfStreamException("The connection ended inside a body.");
        }

        return Take(count);
    }

    private byte[] Take(int count)
    {
        var taken = _ahead.GetRange(0, count).ToArray();
        _ahead.RemoveRange(0, count);
        return taken;
    }

    private async Task<bool> MoreAsync()
    {
        var buffer = new byte[16 * 1024];
        var read = await _stream.ReadAsync(buffer, TestContext.Current.CancellationToken);
        _ahead.AddRange(buffer.AsSpan(0, read));
        return read > 0;
    }
}

/// <summary>An answer, byte for byte.</summary>
internal sealed record RawResponse(int Status, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public JsonObject Json => (JsonObject)JsonNode.Parse(Body)!;

    public string? this[string header] => Headers.FirstOrDefault(field => field.Name == header).Value;

    /// <summary>Asserts that this is an error that Anthropic's SDKs read.</summary>
    public string AnthropicError(int status, string type)
    {
        Assert.Equal(status, Status);
        Assert.Equal("application/json", this["content-type"]);
        Assert.Equal("error", (string?)Json["type"]);
        Assert.Equal(type, (string?)Json["error"]!["type"]);
        return (string)Json["error"]!["message"]!;
    }

    /// <summary>Asserts that this is an error that OpenAI's SDKs read.</summary>
    public string OpenAIError(int status, string type)
    {
        Assert.Equal(status, Status);
        Assert.Equal("application/json", this["content-type"]);
        Assert.Equal(type, (string?)Json["error"]!["type"]);
        Assert.True(((JsonObject)Json["error"]!).ContainsKey("code"));
        return (string)Json["error"]!["message"]!;
    }
}
