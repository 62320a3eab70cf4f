using System.Text.RegularExpressions;

namespace Understudy.PolicyFile.Reading;

/// <summary>
/// The two ways of Azure's OpenAI: with a dated API version, where each model is a deployment with a path of its own, and
/// the newer one that looks like OpenAI's own under <c>/openai/v1</c>.
/// </summary>
internal static partial class Azure
{
    private const string NewerPath = "/openai/v1";

    /// <summary>Whether a host is a resource of Azure's.</summary>
    public static bool IsHost(string host) => host.EndsWith(".azure.com", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a text is a dated version.</summary>
    public static bool IsVersion(string text) => Version().IsMatch(text);

    /// <summary>The address that deployments' paths are appended to: without what people copy along with it.</summary>
    public static Uri RootOf(Uri url)
    {
        var path = url.AbsolutePath;
        var at = path.IndexOf("/openai", StringComparison.Ordinal);
        if (at < 0 && path == "/v1") at = 0; // our own default for OpenAI's protocol
        return at < 0 ? url : new(url.GetLeftPart(UriPartial.Authority) + path[..at]);
    }

    /// <summary>The path of the newer way, where only the resource is named.</summary>
    public static string PathOf(string path) => path is "" or "/openai" ? NewerPath : path;

    /// <summary>What is wrong with an address that names a deployment; null where it names none.</summary>
    public static (string What, string? Why)? Wrong(Uri url, bool isAzure) => isAzure && url.AbsolutePath.Contains("/deployments/", StringComparison.Ordinal)
        ? ("names a deployment", "leave '/openai/deployments/…' out: the deployment is the target's model, as in 'target: NAME/my-gpt-4o', and the query is 'api_version'")
        : null;

    [GeneratedRegex("^20[0-9]{2}-[0-9]{2}-[0-9]{2}(-preview)?$")]
    private static partial Regex Version();
}
