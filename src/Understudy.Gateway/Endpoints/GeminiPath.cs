using System.Diagnostics.CodeAnalysis;

namespace Understudy.Gateway.Endpoints;

/// <summary>Gemini has the model and the method in the path: <c>/v1beta/models/{model}:{method}</c>.</summary>
internal static class GeminiPath
{
    private const string Prefix = "/v1beta/models/";

    /// <summary>Takes a path apart.</summary>
    public static bool TryRead(string path, [NotNullWhen(true)] out string? model, [NotNullWhen(true)] out string? method)
    {
        model = method = null;
        if (!path.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        var colon = path.LastIndexOf(':');
        if (colon <= Prefix.Length || path.AsSpan(Prefix.Length, colon - Prefix.Length).Contains('/')) return false;
        model = path[Prefix.Length..colon];
        method = path[(colon + 1)..];
        return true;
    }
}
