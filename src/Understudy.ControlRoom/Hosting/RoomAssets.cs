using System.Collections.Frozen;
using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Understudy.ControlRoom.Hosting;

/// <summary>The room's scripts, style and icon, out of the assembly: the same for everybody, and without anything of anybody's.</summary>
public static class RoomAssets
{
    private static readonly FrozenDictionary<string, (string Resource, string Type)> _files = new Dictionary<string, (string, string)>
    {
        ["/room/room.css"] = ("room.css", "text/css; charset=utf-8"),
        ["/room/theme.js"] = ("theme.js", "text/javascript; charset=utf-8"),
        ["/room/room.js"] = ("room.js", "text/javascript; charset=utf-8"),
        ["/room/icon.svg"] = ("icon.svg", "image/svg+xml"),
        ["/_framework/blazor.web.js"] = ("blazor.web.js", "text/javascript; charset=utf-8"),
    }.ToFrozenDictionary();

    private static readonly Lock _lock = new();
    private static readonly Dictionary<string, (byte[] Plain, byte[] Small, string Tag)> _loaded = [];

    /// <summary>Whether a path is one of them.</summary>
    public static bool IsAt(string path) => _files.ContainsKey(path);

    /// <summary>Sends one.</summary>
    public static async Task ServeAsync(HttpContext context, string path)
    {
        var (resource, type) = _files[path];
        var (plain, small, tag) = await Task.Run(() => Load(resource));
        var response = context.Response;
        response.Headers.ETag = tag;
        response.Headers.CacheControl = "no-cache"; // asked for again each time, and sent again only when it is another
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        response.Headers.Vary = "Accept-Encoding";
        if (context.Request.Headers.IfNoneMatch == tag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var takesSmall = context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase);
        if (takesSmall) response.Headers.ContentEncoding = "gzip";
        var body = takesSmall ? small : plain;
        response.ContentType = type;
        response.ContentLength = body.Length;
        await response.BodyWriter.WriteAsync(body);
    }

    private static (byte[] Plain, byte[] Small, string Tag) Load(string resource)
    {
        lock (_lock)
        {
            if (_loaded.TryGetValue(resource, out var known)) return known;
            using var stream = typeof(RoomAssets).Assembly.GetManifestResourceStream(resource) ?? throw new InvalidOperationException($"{resource} is not in the assembly.");
            using var plain = new MemoryStream();
            stream.CopyTo(plain);
            using var small = new MemoryStream();
            using (var gzip = new GZipStream(small, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(plain.GetBuffer(), 0, (int)plain.Length);
            var bytes = plain.ToArray();
            return _loaded[resource] = (bytes, small.ToArray(), $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 8))}\"");
        }
    }
}
