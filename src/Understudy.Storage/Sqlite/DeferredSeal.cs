using System.Text;
using Understudy.Calls;
using Understudy.Deferral;

namespace Understudy.Storage.Sqlite;

/// <summary>Requests and answers of deferred work as bytes for the disk, sealed under a key that is made of the cache's. Each is bound to its piece.</summary>
internal sealed class DeferredSeal(string? secret)
{
    private const byte Version = 1;

    private readonly Seal _seal = new(secret, "understudy deferred seal 1");

    /// <summary>A request as bytes.</summary>
    public byte[] Close(string id, DeferredRequest request)
    {
        using var bytes = new MemoryStream(request.BodySensitive.Length + 512);
        using (var writer = new BinaryWriter(bytes, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Version);
            writer.Write(request.QuerySensitive);
            writer.Write(request.HeadersSensitive.Count);
            foreach (var (name, value) in request.HeadersSensitive)
            {
                writer.Write(name);
                writer.Write(value);
            }

            Write(writer, request.BodySensitive);
        }

        return _seal.Close(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), id);
    }

    /// <summary>The request again; null where it is of another key, or damaged.</summary>
    public DeferredRequest? OpenRequest(string id, byte[]? closed) => Open(id, closed, reader =>
    {
        var query = reader.ReadString();
        var headers = new HeaderField[Counted(reader)];
        for (var i = 0; i < headers.Length; i++) headers[i] = new(reader.ReadString(), reader.ReadString());
        return new DeferredRequest
        {
            QuerySensitive = query,
            HeadersSensitive = headers,
            BodySensitive = Body(reader),
        };
    });

    /// <summary>An answer as bytes.</summary>
    public byte[] Close(string id, DeferredAnswer answer)
    {
        using var bytes = new MemoryStream(answer.BodySensitive.Length + 128);
        using (var writer = new BinaryWriter(bytes, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Version);
            writer.Write(answer.Status);
            writer.Write(answer.ServedBy ?? "");
            writer.Write(answer.Degraded);
            Write(writer, answer.BodySensitive);
        }

        return _seal.Close(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), id);
    }

    /// <summary>The answer again; null where it is of another key, or damaged.</summary>
    public DeferredAnswer? OpenAnswer(string id, byte[]? closed) => Open(id, closed, reader =>
    {
        var status = reader.ReadInt32();
        var server = reader.ReadString();
        var degraded = reader.ReadBoolean();
        return new DeferredAnswer(status, Body(reader), server.Length == 0 ? null : server, degraded);
    });

    /// <summary>The name that a piece has in its batch, as bytes. By itself, for it outlives the request.</summary>
    public byte[] CloseName(string id, string name) => _seal.Close(Encoding.UTF8.GetBytes(name), id + " name");

    /// <summary>The name again; null where it is of another key.</summary>
    public string? OpenName(string id, byte[] closed) => _seal.Open(closed, id + " name") is { } plain ? Encoding.UTF8.GetString(plain) : null;

    private T? Open<T>(string id, byte[]? closed, Func<BinaryReader, T> read)
        where T : class
    {
        if (closed is null || _seal.Open(closed, id) is not { } plain) return null;
        using var bytes = new MemoryStream(plain);
        using var reader = new BinaryReader(bytes, Encoding.UTF8);
        try
        {
            return reader.ReadByte() == Version ? read(reader) : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static void Write(BinaryWriter writer, ReadOnlyMemory<byte> body)
    {
        writer.Write(body.Length);
        writer.Write(body.Span);
    }

    private static byte[] Body(BinaryReader reader) => reader.ReadBytes(Counted(reader));

    /// <summary>A count that what follows can hold: a damaged one must not ask for all the memory.</summary>
    private static int Counted(BinaryReader reader)
    {
        var count = reader.ReadInt32();
        return count >= 0 && count <= reader.BaseStream.Length - reader.BaseStream.Position ? count : throw new FormatException();
    }
}
