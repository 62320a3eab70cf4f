using System.Globalization;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.PolicyFile.Catalogue;

namespace Understudy.PolicyFile.Tests;

public sealed class ModelCatalogueTests
{
    private static readonly ModelCatalogue _catalogue = ModelCatalogue.Shipped;

    [Theory]
    [InlineData("claude-sonnet-4-5-20250929", "claude-sonnet-4-5")]
    [InlineData("claude-opus-5-5-20261101", "claude-opus-5-5")]
    [InlineData("claude-opus-5", "claude-opus-5")]
    [InlineData("gpt-5", "gpt-5")]
    [InlineData("gpt-5-codex", "gpt-5")]
    [InlineData("GPT-5-mini", "gpt-5-mini")]
    [InlineData("gpt-5.6-sol-2026-07-01", "gpt-5.6-sol")]
    [InlineData("gemini-2.5-pro-preview-05-06", "gemini-2.5-pro")]
    [InlineData("gemini-3.5-flash-lite-001", "gemini-3.5-flash-lite")]
    [InlineData("gemini-2.5-pro-preview-tts", null)]
    [InlineData("llama3.1", null)]
    [InlineData("", null)]
    public void Find_ByTheRulesOfTheCatalogue(string name, string? expected) => Assert.Equal(expected, _catalogue.Find(name)?.Id);

    [Fact]
    public void Find_EveryModelByItsOwnId() => Assert.All(_catalogue.Models, model => Assert.Same(model, _catalogue.Find(model.Id)));

    [Fact]
    public void Facts_AreThoseOfTheFile()
    {
        var model = _catalogue.Find("claude-sonnet-4-5")!;

        Assert.Equal((200_000, 64_000, true, true, true), (model.ContextWindow, model.MaxOutputTokens, model.Tools, model.Vision, model.Reasoning));
        Assert.Equal(TokenRates.Of(3m, 15m, 0.3m, 3.75m, 6m), model.Price!.Base);
        Assert.Null(_catalogue.Find("claude-opus-5-5")!.Tools);
        Assert.Equal(new DateOnly(2026, 5, 15), _catalogue.Find("grok-code-fast-1")!.DeprecatedFrom);
    }

    [Theory]
    // A long question costs more, as a whole, from the first token beyond the limit on.
    [InlineData("claude-sonnet-4-5", "2026-11-22T12:00:00Z", 200_000, 3, 15)]
    [InlineData("claude-sonnet-4-5", "2026-11-22T12:00:00Z", 200_001, 6, 22.5)]
    [InlineData("gpt-5.5", "2026-11-22T12:00:00Z", 271_999, 5, 30)]
    [InlineData("gpt-5.5", "2026-11-22T12:00:00Z", 272_000, 10, 45)]
    // DeepSeek's busy hours, in UTC: from 1 to 4 and from 6 to 10.
    [InlineData("deepseek-v4-pro", "2026-11-22T00:59:59Z", 10, 0.66, 1.98)]
    [InlineData("deepseek-v4-pro", "2026-11-22T01:00:00Z", 10, 1.32, 3.96)]
    [InlineData("deepseek-v4-pro", "2026-11-22T04:00:00Z", 10, 0.66, 1.98)]
    [InlineData("deepseek-v4-pro", "2026-11-22T11:59:00+02:00", 10, 1.32, 3.96)]
    [InlineData("deepseek-v4-pro", "2026-11-22T10:00:00Z", 10, 0.66, 1.98)]
    // An announced price, from midnight UTC of its day on.
    [InlineData("gemini-3.8-flash", "2026-12-31T23:59:59Z", 10, 0.75, 3.75)]
    [InlineData("gemini-3.8-flash", "2027-01-01T00:00:00Z", 10, 1.5, 7.5)]
    [InlineData("gemini-3.8-flash", "2027-01-01T00:30:00+01:00", 10, 0.75, 3.75)]
    public void Price_BySizeHourAndDay(string model, string at, long inputTokens, double input, double output)
    {
        var rates = _catalogue.Find(model)!.Price!.RatesFor(DateTimeOffset.Parse(at, CultureInfo.InvariantCulture), inputTokens);

        Assert.Equal(((decimal)input, (decimal)output), (rates.Input.Dollars, rates.Output.Dollars));
    }

    [Fact]
    public void Prices_OfTheWholeFile_AreWholeBillionthsAToken() => Assert.All(
        _catalogue.Models.Select(model => model.Price).OfType<PriceModel>().SelectMany(price => price.Rules.Select(rule => rule.Rates).Append(price.Base)),
        rates => Assert.Equal((0, 0), (rates.Input.Nanos % 1_000_000, rates.Output.Nanos % 1_000_000)));

    [Theory]
    [InlineData("https://api.deepseek.com/v1", "deepseek-v4-pro", true)]
    [InlineData("http://127.0.0.1:8000/v1", "deepseek-v4-pro", false)]
    [InlineData("http://10.1.2.3/v1", "deepseek-v4-pro", false)]
    [InlineData("http://172.20.0.5/v1", "deepseek-v4-pro", false)]
    [InlineData("http://vllm/v1", "deepseek-v4-pro", false)]
    [InlineData("https://8.8.8.8/v1", "deepseek-v4-pro", true)]
    [InlineData("http://127.0.0.1:4000/v1", "gpt-5", true)]
    [InlineData("http://127.0.0.1:11434/v1", "llama3.1", false)]
    public void OpenModelOnAMachineOfOnesOwn_HasNoKnownPrice(string url, string model, bool known)
    {
        var provider = new ProviderModel { Name = "somebody", Protocol = WireProtocol.OpenAIChat, BaseUrl = new(url) };

        Assert.Equal(known, KnownPrices.Table([]).Find(provider, model) is not null);
    }

    [Fact]
    public void OwnPrices_GoFirst_AndTheFirstThatMatchesWins()
    {
        var mine = new ProviderModel { Name = "mine", Protocol = WireProtocol.AnthropicMessages, BaseUrl = new("https://api.anthropic.com") };
        var table = KnownPrices.Table([new("mine", "claude-sonnet-*", TokenRates.Of(1, 2)), new(null, "claude-*", TokenRates.Of(0, 0))]);

        Assert.Equal(1m, table.Find(mine, "claude-sonnet-4-5")!.Base.Input.Dollars);
        Assert.Equal(Usd.Zero, table.Find(mine with { Name = "other" }, "claude-sonnet-4-5")!.Base.Input);
        Assert.Equal(10m, table.Find(mine, "gpt-5")!.Base.Output.Dollars);
    }

    [Theory]
    [InlineData("claude-opus-5", "openai", "gpt-5.6-sol")]
    [InlineData("claude-sonnet-5", "openai", "gpt-5.6-terra")]
    [InlineData("claude-haiku-4-5", "openai", "gpt-5.6-luna")]
    [InlineData("claude-opus-5", "google", "gemini-2.5-pro")]
    [InlineData("gpt-5-mini", "anthropic", "claude-haiku-4-5")]
    [InlineData("gemini-2.5-flash-lite", "anthropic", "claude-haiku-4-5")]
    [InlineData("claude-sonnet-4-5-20250929", "anthropic", "claude-sonnet-4-5")]
    [InlineData("no-such-model", "anthropic", null)]
    [InlineData("claude-opus-5", "nobody", null)]
    [InlineData("text-embedding-3-small", "google", null)]
    public void EquivalentOf_IsOfTheSameTier(string model, string vendor, string? expected) =>
        Assert.Equal(expected, _catalogue.EquivalentOf(model, vendor)?.Id);

    [Fact]
    public void WhatStandsIn_IsAbleAndStillServed()
    {
        foreach (var vendor in new[] { "anthropic", "openai", "google" })
        {
            foreach (var tier in Enum.GetValues<ModelTier>())
            {
                var model = _catalogue.BestOf(vendor, tier)!;
                Assert.True(model is { Mode: "chat", Tools: true, Vision: true, ContextWindow: >= 200_000, Price.Base.Output.Nanos: > 0 }, model.Id);
            }
        }
    }

    [Theory]
    [InlineData("claude-*", "anthropic")]
    [InlineData("claude-of-tomorrow", "anthropic")]
    [InlineData("gpt-*-mini", "openai")]
    [InlineData("o3", "openai")]
    [InlineData("gemini-*", "google")]
    [InlineData("grok-4.5", "xai")]
    [InlineData("*", null)]
    [InlineData("llama3.1", null)]
    public void VendorOf_ByFamily(string name, string? vendor) => Assert.Equal(vendor, _catalogue.VendorOf(name));
}
