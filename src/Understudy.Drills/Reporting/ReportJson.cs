using System.Text.Json;
using System.Text.Json.Serialization;

namespace Understudy.Drills.Reporting;

/// <summary>The report as JSON. The same report gives the same bytes.</summary>
public static class ReportJson
{
    /// <summary>Writes it, indented, with line feeds and one at the end.</summary>
    public static string Write(DrillReport report) => JsonSerializer.Serialize(report, ReportContext.Default.DrillReport) + "\n";

    /// <summary>Writes it without a space too many, for the page.</summary>
    internal static string WriteCompact(DrillReport report) => JsonSerializer.Serialize(report, CompactReportContext.Default.DrillReport);

    /// <summary>Reads it back.</summary>
    public static DrillReport? Read(string json) => JsonSerializer.Deserialize(json, ReportContext.Default.DrillReport);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n", DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(DrillReport))]
internal sealed partial class ReportContext : JsonSerializerContext;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DrillReport))]
internal sealed partial class CompactReportContext : JsonSerializerContext;
