using System.Text;

namespace Understudy.Gateway.Tests.Support;

/// <summary>An operator who has signed in, as a page of ours acts for him: with the session's cookie and its proof.</summary>
internal sealed class Signed
{
    private readonly Uri _gateway;
    private readonly Dictionary<string, string> _cookies = [];
    private string _proof = "";

    private Signed(Uri gateway) => _gateway = gateway;

    public static async Task<Signed> InAsync(GatewayStage stage, string name, string password)
    {
        var signed = new Signed(stage.Url);
        var form = (await signed.GetAsync("/signin")).Text.Split("name=\"form\" value=\"")[1].Split('"')[0];
        var fields = Encoding.ASCII.GetBytes($"form={Uri.EscapeDataString(form)}&name={Uri.EscapeDataString(name)}&password={Uri.EscapeDataString(password)}");
        var head = $"POST /signin HTTP/1.1\r\nHost: {signed._gateway.Authority}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {fields.Length}\r\n{signed.Cookies()}\r\n";
        Assert.Equal(303, (await signed.KeepAsync(RawClient.AskAsync(signed._gateway, head, fields))).Status);
        signed._proof = (string)(await signed.GetAsync("/admin/session")).Json["antiforgery"]!;
        return signed;
    }

    public Task<RawResponse> GetAsync(string path) => KeepAsync(RawClient.AskAsync(_gateway, $"GET {path} HTTP/1.1\r\nHost: {_gateway.Authority}\r\n{Cookies()}\r\n"));

    public Task<RawResponse> PostAsync(string path, string body) => KeepAsync(RawClient.PostAsync(_gateway, path, body, $"{Cookies()}x-understudy-antiforgery: {_proof}\r\n", _gateway.Authority));

    private string Cookies() => _cookies.Count == 0 ? "" : $"cookie: {string.Join("; ", _cookies.Select(cookie => $"{cookie.Key}={cookie.Value}"))}\r\n";

    private async Task<RawResponse> KeepAsync(Task<RawResponse> asked)
    {
        var answer = await asked;
        foreach (var (_, value) in answer.Headers.Where(header => header.Name == "set-cookie"))
        {
            var pair = value.Split(';')[0].Split('=', 2);
            if (pair[1].Length == 0) _cookies.Remove(pair[0]);
            else _cookies[pair[0]] = pair[1];
        }

        return answer;
    }
}
