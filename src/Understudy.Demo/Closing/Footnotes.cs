using System.Globalization;
using Understudy.Demo.Outage;

namespace Understudy.Demo.Closing;

/// <summary>What the numbers mean and how they were made.</summary>
internal static class Footnotes
{
    /// <summary>The notes, a paragraph each.</summary>
    public static IEnumerable<string> Of(Pace pace, OutageScript outage)
    {
        var culture = CultureInfo.InvariantCulture;
        yield return "(1) The stream ended before its closing event and the SDK threw nothing, so the user read half an answer as a whole one. It is what comes of a dead upstream behind a proxy that ends the body cleanly.";
        yield return string.Create(culture, $"(2) Still waiting {pace.Grace.TotalSeconds:0} s after the script. These clients have no clock but the SDK's own ten minutes, which are not scaled.");
        yield return "(3) Billed by the simulated providers, less the prompt and text tokens of the answers that arrived whole.";
        yield return string.Create(culture, $"With Understudy: the official Anthropic and OpenAI SDKs with their defaults, {pace.GatewayRate:0.#} calls a second; the gateway's clocks are {pace.Patience.TotalSeconds:0.0} s to the first word and of silence, {pace.Deadline.TotalSeconds:0} s in all, and its breaker opens for {pace.OpenFor.First.TotalSeconds:0.#} to {pace.OpenFor.Longest.TotalSeconds:0.#} s before it probes and then lets traffic back by steps. Without: Anthropic's SDK, its own retries off, {pace.UnprotectedRate:0.#} calls a second each; {pace.RetryGap.TotalMilliseconds:0} ms between two tries (a second of the outage would be {1000 / pace.SpeedFactor:0.0} ms here).");
        yield return string.Create(culture, $"The script: {outage.Script.Duration.TotalMinutes:0} min in {outage.Duration.TotalSeconds:0} s. Its times and codes are from the public record, its shares are ours. Each kind of client has a simulated Claude of its own with the same script and seed. Gemini plays by its OpenAI-compatible surface.");
    }
}
