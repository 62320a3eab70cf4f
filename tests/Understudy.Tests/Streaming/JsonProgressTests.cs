using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Understudy.Streaming;

namespace Understudy.Tests.Streaming;

/// <summary>The document's progress agrees with a real parser about every prefix of every text.</summary>
public sealed class JsonProgressTests
{
    private static readonly string[] Documents =
    [
        """{"a":[1,-0.5e+10,true,false,null,"x\"\\\/\b\f\n\r\t\u00e9é"],"b":{},"c":[]}""",
        "[[],[[]],{\"\":{\"\":[0]}}] ",
        "\"text\"",
        " true",
        "[\n 1 ,\t2 ]\r\n",
    ];

    [Theory]
    [InlineData("{\"a\":1}}")]
    [InlineData("[1,]")]
    [InlineData("{,}")]
    [InlineData("{\"a\" 1}")]
    [InlineData("[01]")]
    [InlineData("[1.]")]
    [InlineData("[-]")]
    [InlineData("[tru]")]
    [InlineData("\"\\x\"")]
    [InlineData("\"\\u12G4\"")]
    [InlineData("\"line\nbreak\"")]
    [InlineData("{\"a\":1]")]
    [InlineData("prose")]
    [InlineData("{} {}")]
    public void WhatNoParserTakes_IsNoDocument(string text)
    {
        Assert.ThrowsAny<JsonException>(() => JsonDocument.Parse(text));
        Assert.Null(JsonProgress.Of(text));
    }

    [Fact]
    public void EveryPrefixOfADocument_MayBecomeOne_AndOnlyTheWholeIsWhole()
    {
        foreach (var document in Documents)
        {
            for (var length = 0; length <= document.Length; length++)
            {
                var progress = JsonProgress.Of(document.AsSpan(0, length));
                Assert.True(progress is not null, document[..length]);
                Assert.Equal(Parses(document[..length]), progress.MayEnd);
            }
        }
    }

    [Fact]
    public void Number_AtTheTop_IsNeverSurelyWhole()
    {
        Assert.False(JsonProgress.Of("42")!.IsWhole);
        Assert.True(JsonProgress.Of("42")!.MayEnd);
    }

    [Fact]
    public void NestingBeyondReason_IsNoDocument() => Assert.Null(JsonProgress.Of(new string('[', 100_000)));

    /// <summary>Random texts over the alphabet of JSON: both agree on what is a document.</summary>
    [Fact]
    public void RandomTexts_AgreeWithTheParser() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Elements("{}[]\",:0123.eE+-truefalsn\\u \n".ToCharArray()).ArrayOf().Select(letters => new string(letters)).ToArbitrary(),
        text => Parses(text) == (JsonProgress.Of(text) is { MayEnd: true })));

    private static bool Parses(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(Encoding.UTF8.GetBytes(text), new() { MaxDepth = 1000 });
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
