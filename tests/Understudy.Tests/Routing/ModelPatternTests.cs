using Understudy.Routing;

namespace Understudy.Tests.Routing;

public sealed class ModelPatternTests
{
    [Theory]
    [InlineData("claude-*", "claude-sonnet-4-5", true)]
    [InlineData("claude-*", "claude-", true)]
    [InlineData("claude-*", "gpt-5", false)]
    [InlineData("*", "", true)]
    [InlineData("gpt-5", "GPT-5", true)]
    [InlineData("gpt-5", "gpt-5-mini", false)]
    [InlineData("*-mini", "gpt-5-mini", true)]
    [InlineData("*-mini", "gpt-5-mini-2", false)]
    [InlineData("a*b*c", "a-b-b-c", true)]
    [InlineData("a*b*c", "a-c-b", false)]
    [InlineData("", "", true)]
    [InlineData("", "x", false)]
    public void Pattern_Matches(string pattern, string model, bool expected) => Assert.Equal(expected, ModelPattern.Matches(pattern, model));
}
