using System.Buffers.Binary;
using System.Text;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Wires;

namespace Understudy.Observation.Past;

/// <summary>
/// Records as bytes, some fifty a call: names stand once in a block, numbers take as many bytes as they need. Times are kept
/// to the microsecond.
/// </summary>
public static class CallPack
{
    /// <summary>Which form of these bytes this is: another is not read.</summary>
    private const byte Form = 1;

    private const int Most = 100_000;

    /// <summary>Packs records that have ended.</summary>
    /// <param name="calls">The records, in the order of their ends.</param>
    /// <param name="time">The time that their timestamps are of.</param>
    /// <param name="modelOf">The model that a call asked for, as it may be told; null for one that nobody knows.</param>
    public static CallBlock Pack(IReadOnlyList<CallRecord> calls, TimeProvider time, Func<CallRecord, string?> modelOf)
    {
        var from = DateTimeOffset.FromUnixTimeMilliseconds(calls.Min(call => call.StartedAt).ToUnixTimeMilliseconds());
        var names = new Names();
        using var records = new MemoryStream();
        using var writer = new BinaryWriter(records, Encoding.UTF8, leaveOpen: true);
        var marks = new byte[calls.Count * 2];
        for (var i = 0; i < calls.Count; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(marks.AsSpan(i * 2), MarkOf(calls[i].Id));
            new Writing(writer, names, time, calls[i], modelOf(calls[i])).Call(from);
        }

        using var body = new MemoryStream();
        using var whole = new BinaryWriter(body);
        whole.Write(Form);
        whole.Write7BitEncodedInt(calls.Count);
        whole.Write(from.ToUnixTimeMilliseconds());
        names.Write(whole);
        whole.Write(records.GetBuffer().AsSpan(0, (int)records.Length));
        whole.Flush();
        return new(from, calls.Max(call => call.StartedAt + call.Duration), calls.Count, calls.Count(IsTrouble), marks, body.ToArray());
    }

    /// <summary>The records of a block again; none where the bytes are of another form, or damaged.</summary>
    public static IReadOnlyList<CallRecord> Unpack(ReadOnlyMemory<byte> body, TimeProvider time)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(body.ToArray()));
            if (reader.ReadByte() != Form) return [];
            var count = reader.Read7BitEncodedInt();
            if (count is < 0 or > Most) return [];
            var from = DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64());
            var names = Names.Read(reader);
            var calls = new List<CallRecord>(count);
            for (var i = 0; i < count; i++) calls.Add(new Reading(reader, names, time).Call(from));
            return calls;
        }
        catch (Exception damaged) when (damaged is IOException or FormatException or ArgumentException or DecoderFallbackException)
        {
            return [];
        }
    }

    /// <summary>Whether a call is one that an operator looks for.</summary>
    public static bool IsTrouble(CallRecord call) => call.Sent > 1 || call.Outcome is CallOutcome.Failed or CallOutcome.Degraded or CallOutcome.Refused;

    /// <summary>Two bytes of an id: the same for the same id, in every process.</summary>
    internal static ushort MarkOf(string id)
    {
        var hash = 2166136261u; // FNV-1a: small, and the same tomorrow
        foreach (var letter in id) hash = (hash ^ letter) * 16777619u;
        return (ushort)(hash ^ (hash >> 16));
    }

    [Flags]
    private enum Has
    {
        None = 0,
        Stream = 1,
        Continued = 2,
        AskedPerson = 4,
        Captured = 8,
        FirstContent = 16,
        Failure = 32,
        Usage = 64,
        Joined = 128,
    }

    [Flags]
    private enum Did
    {
        None = 0,
        Sent = 1,
        Continuation = 2,
        Hedge = 4,
        Retry = 8,
        Estimated = 16,
        Failure = 32,
        Usage = 64,
        Cost = 128,
        Waste = 256,
        Waited = 512,
    }

    /// <summary>The names of a block, each once.</summary>
    private sealed class Names
    {
        private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
        private readonly List<string> _names = [];

        public int Of(string? name)
        {
            name ??= "";
            if (_numbers.TryGetValue(name, out var number)) return number;
            _names.Add(name);
            return _numbers[name] = _names.Count - 1;
        }

        public void Write(BinaryWriter writer)
        {
            writer.Write7BitEncodedInt(_names.Count);
            foreach (var name in _names) writer.Write(name);
        }

        public static string[] Read(BinaryReader reader)
        {
            var count = reader.Read7BitEncodedInt();
            if (count is < 0 or > Most) throw new FormatException();
            var names = new string[count];
            for (var i = 0; i < count; i++) names[i] = reader.ReadString();
            return names;
        }
    }

    private readonly struct Writing(BinaryWriter writer, Names names, TimeProvider time, CallRecord call, string? model)
    {
        public void Call(DateTimeOffset from)
        {
            var has = (call.Stream ? Has.Stream : 0) | (call.Continued ? Has.Continued : 0) | (call.AskedPerson ? Has.AskedPerson : 0) | (call.IsCaptured ? Has.Captured : 0)
                | (call.FirstContent is null ? 0 : Has.FirstContent) | (call.Failure is null ? 0 : Has.Failure) | (call.Usage == default ? 0 : Has.Usage) | (call.JoinedTo is null ? 0 : Has.Joined);
            writer.Write((byte)has);
            Id(call.Id);
            writer.Write7BitEncodedInt64((call.StartedAt - from).Ticks / TimeSpan.TicksPerMicrosecond);
            Name(call.Client);
            Name(call.Route);
            Name(call.UseCase);
            Name(model);
            Name(Shown(call.ServedBy));
            writer.Write((byte)call.Protocol);
            writer.Write((byte)call.Outcome);
            writer.Write7BitEncodedInt(call.RequestBytes);
            writer.Write7BitEncodedInt(call.Sent);
            Span(call.Duration);
            if (call.FirstContent is { } first) Span(first);
            if (call.JoinedTo is { } joined) Id(joined);
            if (call.Failure is { } failure) Failure(failure);
            if (has.HasFlag(Has.Usage)) Usage(call.Usage);
            writer.Write7BitEncodedInt(call.Attempts.Count);
            foreach (var attempt in call.Attempts) Attempt(attempt);
        }

        private void Attempt(AttemptRecord attempt)
        {
            var did = (attempt.Sent ? Did.Sent : 0) | (attempt.Continuation ? Did.Continuation : 0) | (attempt.Hedge ? Did.Hedge : 0) | (attempt.IsRetry ? Did.Retry : 0) | (attempt.IsEstimated ? Did.Estimated : 0)
                | (attempt.Failure is null ? 0 : Did.Failure) | (attempt.Usage == default ? 0 : Did.Usage) | (attempt.Cost is null ? 0 : Did.Cost) | (attempt.Waste == WasteReason.None ? 0 : Did.Waste) | (attempt.Waited == TimeSpan.Zero ? 0 : Did.Waited);
            writer.Write7BitEncodedInt((int)did);
            Name(Shown(attempt.Target));
            Name(attempt.Provider);
            writer.Write7BitEncodedInt(attempt.Rung);
            Span(time.GetElapsedTime(call.Started, Math.Max(attempt.Started, call.Started)));
            Span(attempt.Duration);
            if (attempt.Waited != TimeSpan.Zero) Span(attempt.Waited);
            if (attempt.Failure is { } failure) Failure(failure);
            if (did.HasFlag(Did.Usage)) Usage(attempt.Usage);
            if (attempt.Cost is { } cost) writer.Write7BitEncodedInt64(cost.Nanos);
            if (!did.HasFlag(Did.Waste)) return;
            writer.Write((byte)attempt.Waste);
            writer.Write7BitEncodedInt64(attempt.WastedTokens);
        }

        private void Failure(Failure failure)
        {
            writer.Write7BitEncodedInt((int)failure.Kind);
            writer.Write7BitEncodedInt(failure.Status);
            Name(failure.Reason);
        }

        private void Usage(Usage usage)
        {
            foreach (var count in (ReadOnlySpan<long>)[usage.Input, usage.CacheRead, usage.CacheWrite, usage.CacheWriteHour, usage.Output, usage.Reasoning]) writer.Write7BitEncodedInt64(count);
        }

        /// <summary>Our own are 64 bits in hexadecimal; any other is a name.</summary>
        private void Id(string id)
        {
            var isOurs = id.Length == 19 && id.StartsWith("us_", StringComparison.Ordinal) && ulong.TryParse(id.AsSpan(3), System.Globalization.NumberStyles.AllowHexSpecifier, null, out _) && !id.AsSpan(3).ContainsAnyInRange('A', 'F');
            writer.Write(isOurs);
            if (isOurs) writer.Write(ulong.Parse(id.AsSpan(3), System.Globalization.NumberStyles.AllowHexSpecifier, null));
            else Name(id);
        }

        private void Name(string? name) => writer.Write7BitEncodedInt(names.Of(name));

        private void Span(TimeSpan span) => writer.Write7BitEncodedInt64(Math.Max(span.Ticks, 0) / TimeSpan.TicksPerMicrosecond);

        /// <summary>A target of a model that only the client knows is told without it.</summary>
        private string? Shown(string? target) =>
            model is null && target is not null && call.Model.Length > 0 && target.EndsWith(call.Model, StringComparison.Ordinal) && target.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash
                ? $"{target[..slash]}/{TargetLabels.Other}" : target;
    }

    private readonly struct Reading(BinaryReader reader, string[] names, TimeProvider time)
    {
        public CallRecord Call(DateTimeOffset from)
        {
            var has = (Has)reader.ReadByte();
            var call = new CallRecord
            {
                Id = Id(),
                StartedAt = from + Span(),
                Started = 0,
                Client = Name() is { Length: > 0 } client ? client : null,
                Route = Name(),
                UseCase = Name(),
                Model = Name(),
                ServedBy = Name() is { Length: > 0 } server ? server : null,
                Protocol = Enum<WireProtocol>(reader.ReadByte()),
                Outcome = Enum<CallOutcome>(reader.ReadByte()),
                RequestBytes = reader.Read7BitEncodedInt(),
                Sent = reader.Read7BitEncodedInt(),
                Duration = Span(),
                Stream = has.HasFlag(Has.Stream),
                Continued = has.HasFlag(Has.Continued),
                AskedPerson = has.HasFlag(Has.AskedPerson),
                IsCaptured = has.HasFlag(Has.Captured),
            };
            if (has.HasFlag(Has.FirstContent)) call.FirstContent = Span();
            if (has.HasFlag(Has.Joined)) call.JoinedTo = Id();
            if (has.HasFlag(Has.Failure)) call.Failure = Failure();
            if (has.HasFlag(Has.Usage)) call.Usage = Usage();
            var attempts = reader.Read7BitEncodedInt();
            for (var i = 0; i < attempts; i++) call.Add(Attempt());
            return call;
        }

        private AttemptRecord Attempt()
        {
            var did = (Did)reader.Read7BitEncodedInt();
            var (target, provider, rung, started, duration) = (Name(), Name(), reader.Read7BitEncodedInt(), Span(), Span());
            return new()
            {
                Target = target,
                Provider = provider,
                Rung = rung,
                Started = (long)(started.TotalSeconds * time.TimestampFrequency),
                Duration = duration,
                Waited = did.HasFlag(Did.Waited) ? Span() : TimeSpan.Zero,
                Sent = did.HasFlag(Did.Sent),
                Continuation = did.HasFlag(Did.Continuation),
                Hedge = did.HasFlag(Did.Hedge),
                IsRetry = did.HasFlag(Did.Retry),
                IsEstimated = did.HasFlag(Did.Estimated),
                Failure = did.HasFlag(Did.Failure) ? Failure() : null,
                Usage = did.HasFlag(Did.Usage) ? Usage() : default,
                Cost = did.HasFlag(Did.Cost) ? new Usd(reader.Read7BitEncodedInt64()) : null,
                Waste = did.HasFlag(Did.Waste) ? Enum<WasteReason>(reader.ReadByte()) : WasteReason.None,
                WastedTokens = did.HasFlag(Did.Waste) ? reader.Read7BitEncodedInt64() : 0,
            };
        }

        private Failure Failure()
        {
            var (kind, status) = (Enum<FailureKind>(reader.Read7BitEncodedInt()), reader.Read7BitEncodedInt());
            return new(kind, Name()) { Status = status };
        }

        private Usage Usage()
        {
            var (input, read, write, hour, output, reasoning) = (Count(), Count(), Count(), Count(), Count(), Count());
            return new(input, read, write, output, reasoning) { CacheWriteHour = hour };
        }

        private long Count() => reader.Read7BitEncodedInt64();

        private string Id() => reader.ReadBoolean() ? $"us_{reader.ReadUInt64():x16}" : Name();

        private string Name() => reader.Read7BitEncodedInt() is var number && number >= 0 && number < names.Length ? names[number] : throw new FormatException();

        private TimeSpan Span() => TimeSpan.FromTicks(reader.Read7BitEncodedInt64() * TimeSpan.TicksPerMicrosecond);

        /// <summary>A number of a newer version is damage to this one.</summary>
        private static TEnum Enum<TEnum>(int number)
            where TEnum : struct, Enum => (TEnum)System.Enum.ToObject(typeof(TEnum), number) is var value && System.Enum.IsDefined(value) ? value : throw new FormatException();
    }
}
