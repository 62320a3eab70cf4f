namespace Understudy.Simulator.Vendors.OpenAI;

/// <summary>Azure's addresses of OpenAI's endpoints: by deployment with a dated version, and <c>/openai/v1</c> without.</summary>
internal static class AzurePaths
{
    private const string Deployments = "/openai/deployments/";
    private const string Newer = "/openai/v1/";

    /// <summary>The endpoint's path at OpenAI itself; an address that Azure does not have stays as it is.</summary>
    public static string Plain(string path, bool hasVersion)
    {
        if (path.StartsWith(Newer, StringComparison.Ordinal)) return hasVersion ? path : path[(Newer.Length - 1)..];
        if (!hasVersion) return path;
        if (path == "/openai/responses") return "/responses";
        if (!path.StartsWith(Deployments, StringComparison.Ordinal)) return path;
        var end = path.IndexOf('/', Deployments.Length);
        return end < 0 ? path : path[end..];
    }
}
