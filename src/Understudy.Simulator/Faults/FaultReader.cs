using System.Text.Json;

namespace Understudy.Simulator.Faults;

/// <summary>Reads a fault plan from JSON; a word it does not know is answered with the nearest it does.</summary>
internal static class FaultReader
{
    private static readonly JsonSerializerOptions Names = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    public static JsonElement Write(IReadOnlyList<FaultSpec> faults) => JsonSerializer.SerializeToElement(faults, Names);

    /// <returns>What is wrong, or null when <paramref name="faults"/> holds the plan.</returns>
    public static string? Read(JsonElement list, out IReadOnlyList<FaultSpec> faults)
    {
        var read = new List<FaultSpec>();
        faults = read;
        if (list.ValueKind != JsonValueKind.Array) return "a list of faults is wanted: [{ \"kind\": \"hang\", \"share\": 0.5 }]";
        foreach (var (index, item) in list.EnumerateArray().Index())
        {
            if (Mistake(item) is { } wrong) return $"faults[{index}]: {wrong}";
            try
            {
                var spec = item.Deserialize<FaultSpec>(Names)!;
                if (Mistake(spec) is { } outOfRange) return $"faults[{index}]: {outOfRange}";
                read.Add(spec);
            }
            catch (JsonException wrongType)
            {
                return $"faults[{index}]: {wrongType.Path}: {wrongType.Message.Split(". Path")[0]}";
            }
        }

        return null;
    }

    public static string? Mistake(FaultSpec spec) => spec switch
    {
        _ when !FaultCatalog.Knows(spec.Kind) => UnknownKind(spec.Kind),
        { Share: < 0 or > 1 } => $"share is {spec.Share}: 0 to 1 is wanted",
        { Fraction: < 0 or > 1 } => $"fraction is {spec.Fraction}: 0 to 1 is wanted",
        { After: < 0 } => $"after is {spec.After}: 0 or more is wanted",
        { Code: < 200 or > 599 } => $"code is {spec.Code}: an HTTP status is wanted",
        { Times: < 0 } => $"times is {spec.Times}: 0 or more is wanted",
        { Seconds: < 0 } => $"seconds is {spec.Seconds}: 0 or more is wanted",
        _ => null,
    };

    private static string? Mistake(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object) return "an object is wanted";
        if (!item.TryGetProperty("kind", out var kind) || kind.ValueKind != JsonValueKind.String) return "\"kind\" is missing";
        var name = kind.GetString()!;
        if (!FaultCatalog.Knows(name)) return UnknownKind(name);
        var fields = FaultCatalog.FieldsOf(name);
        foreach (var member in item.EnumerateObject())
        {
            if (!fields.Contains(member.Name))
                return $"\"{name}\" has no \"{member.Name}\"; did you mean \"{NearestWord.To(member.Name, fields)}\"? It takes {string.Join(", ", fields)}";
        }

        return null;
    }

    private static string UnknownKind(string kind) =>
        $"there is no fault \"{kind}\"; did you mean \"{NearestWord.To(kind, FaultCatalog.Names)}\"? There are {string.Join(", ", FaultCatalog.Names)}";
}
