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
        Assert.Equal((3m, 15m, 0.3m, 3.75m, 6m), (model.Price.Input, model.Price.Output, model.Price.CacheRead, model.Price.CacheWrite5m, model.Price.CacheWrite1h));
        Assert.Equal(200_000, model.LongContextTiers!.Value[0].GetProperty("above_input_tokens").GetInt32());
        Assert.Null(_catalogue.Find("claude-opus-5-5")!.Tools);
        Assert.NotNull(_catalogue.Find("deepseek-v4-pro")!.TimeOfDayPrices);
        Assert.NotNull(_catalogue.Find("gemini-3.6-flash")!.FuturePrices);
        Assert.Equal(new DateOnly(2026, 5, 15), _catalogue.Find("grok-code-fast-1")!.DeprecatedFrom);
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
                Assert.True(model is { Mode: "chat", Tools: true, Vision: true, ContextWindow: >= 200_000, Price.Output: > 0 }, model.Id);
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
