namespace Understudy.Wires;

/// <summary>Inline data: types by the first bytes, and data URLs.</summary>
internal static class Images
{
    /// <summary>
    /// The type of an inline image, told from its first bytes; the label only where they say nothing and it is one of the
    /// four that Anthropic and OpenAI take. Labels lie, and a wrong one is refused. Null for any other type.
    /// </summary>
    public static string? TrueType(ImagePart image)
    {
        var data = image.Base64.AsSpan();
        if (data.StartsWith("/9j/")) return "image/jpeg";
        if (data.StartsWith("iVBORw0KGgo")) return "image/png";
        if (data.StartsWith("R0lGOD")) return "image/gif";
        if (data.StartsWith("UklGR")) return "image/webp";
        return image.MediaType is "image/jpeg" or "image/png" or "image/gif" or "image/webp" ? image.MediaType : null;
    }

    /// <summary>Takes a <c>data:</c> URL apart; false for any other address.</summary>
    public static bool TryDataUrl(string url, out string mediaType, out string base64)
    {
        mediaType = base64 = "";
        if (!url.StartsWith("data:", StringComparison.OrdinalIgnoreCase)) return false;
        var comma = url.IndexOf(',', StringComparison.Ordinal);
        if (comma < 0) return false;
        var head = url.AsSpan(5, comma - 5);
        var semicolon = head.IndexOf(';');
        mediaType = (semicolon < 0 ? head : head[..semicolon]).ToString();
        base64 = url[(comma + 1)..];
        return head.EndsWith("base64");
    }
}
