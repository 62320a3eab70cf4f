using System.Text;
using Understudy.PolicyFile.Reading;
using Understudy.Routing;

namespace Understudy.PolicyFile.Tests;

public sealed class ReadingTests
{
    [Theory]
    [InlineData("*", "anything-*", true)]
    [InlineData("*", "*", true)]
    [InlineData("claude-*", "claude-opus-*", true)]
    [InlineData("claude-*", "claude-", true)]
    [InlineData("claude-opus-*", "claude-*", false)]
    [InlineData("*-mini", "gpt-*-mini", true)]
    [InlineData("gpt-*-mini*", "gpt-5-mini-2025", true)]
    [InlineData("gpt-*-mini", "gpt-*", false)]
    [InlineData("a", "a", true)]
    [InlineData("a", "*", false)]
    [InlineData("*a*b*", "xaybz", true)]
    [InlineData("*a*b*", "xbya", false)]
    [InlineData("", "", true)]
    public void Covers_OnlyWhatEveryNameOfTheNarrowOneHas(string wide, string narrow, bool expected) =>
        Assert.Equal(expected, ModelPattern.Covers(wide, narrow));

    [Theory]
    [InlineData("frist_token", "first_token")]
    [InlineData("FirstToken", "first_token")]
    [InlineData("deadlin", "deadline")]
    [InlineData("zebra", null)]
    [InlineData("", null)]
    public void Nearest_OnlyWhereItIsNear(string wrong, string? expected) =>
        Assert.Equal(expected, Nearest.To(wrong, ["first_token", "deadline", "idle", "connect"]));

    [Theory]
    [InlineData("0.0.0.0:1", false)]
    [InlineData("*:1", false)]
    [InlineData(":1", false)]
    [InlineData("[::]:1", false)]
    [InlineData("192.168.1.2:1", false)]
    [InlineData("127.0.0.1:1", true)]
    [InlineData("127.9.9.9:1", true)]
    [InlineData("[::1]:1", true)]
    [InlineData("localhost:1", true)]
    public void Listen_LoopbackOrNot(string text, bool loopback) => Assert.Equal(loopback, ListenAddress.Read(text, out _)!.IsLoopback);

    [Theory]
    [InlineData("claude-sonnet-4-5-20250929", false)]
    [InlineData("gpt-4o-mini-search-preview-2025-03-11", false)]
    [InlineData("https://generativelanguage.googleapis.com", false)]
    [InlineData("budget_floor_per_second", false)]
    [InlineData("sk-ant-api03-abcdef", true)]
    [InlineData("AIzaSyA1234567890abc", true)]
    [InlineData("0123456789abcdef0123456789abcdef", true)]
    public void LooksLikeAKey_OnlyWhatDoes(string text, bool secret) => Assert.Equal(secret, new SecretFilter().Remove(text) != text);

    // Whatever is typed, the reader answers with mistakes: it never throws and never repeats a secret.
    [Fact]
    public void AnyDamage_IsAnsweredWithMistakesOrAPolicy()
    {
        var sample = Fixtures.Text("good", "every_key.yaml");
        var chance = new Chance(20261122);
        const string Letters = "{}[]:,&*#?|-<>=!%@'\"\t\n \\${}/aé\u0000\uE000";
        for (var round = 0; round < 3000; round++)
        {
            var text = new StringBuilder(sample);
            for (var change = chance.Next(6) + 1; change > 0; change--)
            {
                var at = chance.Next(text.Length);
                if (chance.Next(3) == 0) text.Remove(at, Math.Min(chance.Next(40), text.Length - at));
                else text.Insert(at, Letters[chance.Next(Letters.Length)]);
            }
            var result = PolicyReader.Read(text.ToString(), "damaged.yaml", PolicyReaderTests.Planted);

            Assert.NotEqual(result.Policy is null, result.Mistakes.Count == 0);
            Assert.DoesNotContain("PLANTED", PolicyReaderTests.Said(result), StringComparison.Ordinal);
        }
    }
}
