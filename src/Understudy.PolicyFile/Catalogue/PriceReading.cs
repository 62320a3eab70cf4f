using System.Globalization;
using System.Text.Json;
using Understudy.Configuration;

namespace Understudy.PolicyFile.Catalogue;

/// <summary>Reads the prices of one model of the catalogue.</summary>
internal static class PriceReading
{
    /// <summary>The price with its conditions; null where input or output has none: half a price would be a wrong one.</summary>
    public static PriceModel? Read(JsonElement model) => Rates(model.GetProperty("price_usd_per_mtok")) is { } rates
        ? new PriceModel
        {
            Base = rates,
            // The last rule that applies wins: an announced price replaces what stands above it.
            Rules =
            [
                .. Items(model, "long_context_tiers").Select(tier => Rule(tier) with { AboveInputTokens = tier.GetProperty("above_input_tokens").GetInt64() }).OrderBy(rule => rule.AboveInputTokens),
                .. Items(model, "time_of_day_prices").Select(hours => Rule(hours) with { DailyFrom = Time(hours, "utc_from"), DailyTo = Time(hours, "utc_to") }),
                .. Items(model, "future_prices").Select(dated => Rule(dated) with { From = DateOnly.ParseExact(dated.GetProperty("from").GetString()!, "yyyy-MM-dd", CultureInfo.InvariantCulture) }).OrderBy(rule => rule.From),
            ],
        }
        : null;

    private static PriceRule Rule(JsonElement conditional) => new() { Rates = Rates(conditional) ?? throw new InvalidDataException("A conditional price of the catalogue lacks input or output.") };

    private static TokenRates? Rates(JsonElement price) => Number(price, "input") is { } input && Number(price, "output") is { } output
        ? TokenRates.Of(input, output, Number(price, "cache_read"), Number(price, "cache_write_5m"), Number(price, "cache_write_1h"))
        : null;

    private static JsonElement.ArrayEnumerator Items(JsonElement model, string name) => model.TryGetProperty(name, out var items) ? items.EnumerateArray() : default;

    private static TimeOnly Time(JsonElement hours, string name) => TimeOnly.ParseExact(hours.GetProperty(name).GetString()!, "HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static decimal? Number(JsonElement from, string name) =>
        from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDecimal() : null;
}
