using System.Globalization;
using Understudy.Demo.Outage;

namespace Understudy.Demo.Closing;

/// <summary>What the numbers mean and how they were made.</summary>
internal static class Footnotes
{
    /// <summary>The notes, a paragraph each.</summary>
    public static IEnumerable<string> Of(Pace pace, OutageScript outage, TimeSpan patience)
    {
        var culture = CultureInfo.InvariantCulture;
        yield return "(1) The stream ended before its closing event and the SDK threw nothing, so the user read half an answer as a whole one. It is what comes of a dead upstream behind a proxy that ends the body cleanly.";
        yield return "(2) Billed by the simulated providers, less the prompt and text tokens of the answers that arrived whole.";
        yield return string.Create(culture, $"All providers are simulated (Gemini by its OpenAI-compatible surface). Each kind of client has a Claude of its own with the same script and seed. The script: {outage.Duration.TotalSeconds:0} s for {outage.Script.Duration.TotalMinutes:0} min; times and codes are from the public record, the shares are ours.");
        yield return string.Create(culture, $"With Understudy: both official SDKs with their defaults, {pace.GatewayRate:0} calls a second; its clocks: first word and silence {patience.TotalSeconds:0.0} s, deadline 20 s, breaker {pace.OpenFor.First.TotalSeconds:0} to {pace.OpenFor.Longest.TotalSeconds:0} s. The others: Anthropic's SDK without retries, {pace.UnprotectedRate:0} calls a second each, no clock but the SDK's own ten minutes, which are not scaled; hanging is what still waited {pace.Grace.TotalSeconds:0} s after the script. Between two tries {pace.RetryGap.TotalMilliseconds:0} ms pass (a second of the outage would be {1000 / pace.SpeedFactor:0.0} ms here).");
    }
}
