using System.Text.Json;
using System.Text.RegularExpressions;
using Understudy.PolicyFile.Keys;

namespace Understudy.PolicyFile.Tests;

public sealed class PolicySchemaTests
{
    [Fact]
    public void CommittedSchema_IsTheGeneratedOne() =>
        Fixtures.Same(Path.Combine(Fixtures.Source, "schema", "understudy.schema.json"), PolicySchema.Json());

    [Fact]
    public void CommittedKeys_AreTheGeneratedOnes() =>
        Fixtures.Same(Path.Combine(Fixtures.Source, "schema", "keys.md"), PolicySchema.KeysAsMarkdown());

    [Fact]
    public void Schema_ShipsBesideTheProgram() =>
        Assert.True(File.Exists(Path.Combine(AppContext.BaseDirectory, PolicySchema.FileName)));

    [Fact]
    public void EveryShape_IsInTheListOfShapes()
    {
        var inside = PolicyKeys.All.SelectMany(pair => pair.Shape.Keys).Select(key => key.Shape).OfType<KeyShape>().Append(PolicyKeys.File).ToHashSet();

        Assert.Equal(inside, PolicyKeys.All.Select(pair => pair.Shape).ToHashSet());
    }

    [Fact]
    public void EveryKey_StandsInTheSampleOfAllKeys()
    {
        var sample = Fixtures.Text("good", "every_key.yaml");

        Assert.All(PolicyKeys.All.SelectMany(pair => pair.Shape.Keys), key => Assert.Matches($@"(?m)[\s{{-]{key.Name}:|^{key.Name}:", sample));
    }

    [Fact]
    public void Defaults_AreReadAsWhatTheModelsSay()
    {
        var keys = PolicyKeys.All.SelectMany(pair => pair.Shape.Keys).Where(key => key.Default is not null);

        Assert.All(keys.Where(key => key.Kind == KeyKind.Duration), key => Assert.True(key.Words.Contains(key.Default!) || DurationText.TryParse(key.Default!, out _)));
        Assert.All(keys.Where(key => key.Kind == KeyKind.Size), key => Assert.True(SizeText.TryParse(key.Default!, out _)));
        Assert.All(keys.Where(key => key.Kind == KeyKind.Word), key => Assert.Contains(key.Default!, key.Words));
    }

    [Theory]
    [InlineData("250ms", 0.25)]
    [InlineData("8s", 8)]
    [InlineData("1.5s", 1.5)]
    [InlineData("1h30m", 5400)]
    [InlineData("7d", 604800)]
    public void Duration_ReadAndWritten(string text, double seconds)
    {
        Assert.True(DurationText.TryParse(text, out var duration));
        Assert.Equal(seconds, duration.TotalSeconds);
        Assert.Matches(new Regex(DurationText.Pattern), text);
        Assert.True(DurationText.TryParse(DurationText.Write(duration), out var again));
        Assert.Equal(duration, again);
    }

    [Fact]
    public void Duration_EveryWrittenOneIsReadAsItself()
    {
        for (var milliseconds = 1L; milliseconds < 400_000_000; milliseconds = milliseconds * 7 / 5 + 1)
        {
            var duration = TimeSpan.FromMilliseconds(milliseconds);
            Assert.True(DurationText.TryParse(DurationText.Write(duration), out var again), DurationText.Write(duration));
            Assert.Equal(duration, again);
        }
    }

    [Fact]
    public void Schema_IsJson()
    {
        using var schema = JsonDocument.Parse(PolicySchema.Json());
        Assert.Equal("object", schema.RootElement.GetProperty("type")[0].GetString());
    }
}
