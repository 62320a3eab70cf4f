using Understudy.Calls;

namespace Understudy.PolicyFile.Reading;

/// <summary>Reads a base URL and brings it into the form that the engine appends paths to.</summary>
internal static class BaseUrl
{
    /// <summary>The URL; or null and what is wrong with it.</summary>
    public static Uri? Read(string text, WireProtocol protocol, out (string What, string? Why)? problem)
    {
        problem = null;
        text = text.Trim().TrimEnd('/');
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Host.Length == 0)
        {
            problem = ("is not a URL", "it starts with http:// or https:// and a host, as in 'https://api.openai.com/v1'");
            return null;
        }
        if (url.UserInfo.Length > 0)
        {
            problem = ("holds a user or a password", "a URL is printed; put the secret into 'key'");
            return null;
        }
        if (Azure.Wrong(url, protocol is WireProtocol.OpenAIChat or WireProtocol.OpenAIResponses) is { } deployment)
        {
            problem = deployment;
            return null;
        }
        if (url.Query.Length > 0 || url.Fragment.Length > 0)
        {
            problem = ("holds a query", "paths are appended to it; put a key into 'key'");
            return null;
        }
        return new Uri(Trimmed(url, protocol));
    }

    // Each SDK has its own habit, and people copy them: OpenAI's wants /v1 in the base, Anthropic's and Google's do not.
    private static string Trimmed(Uri url, WireProtocol protocol)
    {
        var root = url.GetLeftPart(UriPartial.Authority);
        var path = url.AbsolutePath.TrimEnd('/');
        return root + protocol switch
        {
            WireProtocol.AnthropicMessages => Without(path, "/v1"),
            WireProtocol.OpenAIChat or WireProtocol.OpenAIResponses when Azure.IsHost(url.Host) => Azure.PathOf(path),
            WireProtocol.OpenAIChat or WireProtocol.OpenAIResponses => path.Length == 0 ? "/v1" : path,
            WireProtocol.Gemini => Without(Without(path, "/v1beta"), "/v1"),
            WireProtocol.InProcess => throw WireProtocols.NotAProviders(protocol),
        };
    }

    private static string Without(string path, string end) => path.EndsWith(end, StringComparison.Ordinal) ? path[..^end.Length] : path;
}
