namespace Understudy.PolicyFile.Tests;

public sealed class PolicyWatcherTests
{
    // No such folder: the file system's own events stay out of the tests, the poll and CheckNowAsync drive them.
    private const string Path = "/no/such/folder/understudy.yaml";
    private const string Good = "providers: { claude: { protocol: anthropic, key: \"${file:key}\" } }";
    private const string Better = "providers: { other: { protocol: anthropic, key: \"${file:key}\" } }";
    private const string Bad = "providers: { claude: { protocl: anthropic } }";

    private readonly Dictionary<string, string> _files = new() { [Path] = Good, ["/no/such/folder/key"] = "first-key-of-the-vendor" };
    private readonly List<PolicyResult> _heard = [];
    private readonly FakeTime _time = new();

    [Fact]
    public async Task NothingChanged_NothingIsSaid()
    {
        await using var watcher = Watch();

        Assert.False(await watcher.CheckNowAsync(CancellationToken.None));
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Empty(_heard);
    }

    [Fact]
    public async Task ValidChange_NewPolicyOnce()
    {
        await using var watcher = Watch();
        _files[Path] = Better;

        Assert.True(await watcher.CheckNowAsync(CancellationToken.None));
        Assert.False(await watcher.CheckNowAsync(CancellationToken.None));

        Assert.Equal("other", Assert.Single(_heard).Policy!.Providers[0].Name);
    }

    [Fact]
    public async Task BadChange_MistakesOnceAndThenTheRepairedFile()
    {
        await using var watcher = Watch();
        _files[Path] = Bad;
        await watcher.CheckNowAsync(CancellationToken.None);
        await watcher.CheckNowAsync(CancellationToken.None);

        Assert.Null(Assert.Single(_heard).Policy);
        Assert.Contains("did you mean 'protocol'?", _heard[0].Mistakes[0].ToString(), StringComparison.Ordinal);

        _files[Path] = Good;
        await watcher.CheckNowAsync(CancellationToken.None);

        Assert.Equal(2, _heard.Count);
        Assert.NotNull(_heard[1].Policy);
    }

    [Fact]
    public async Task FileGoneAndBack_ToldAndTakenUp()
    {
        await using var watcher = Watch();
        _files.Remove(Path);
        await watcher.CheckNowAsync(CancellationToken.None);
        _files[Path] = Good;
        await watcher.CheckNowAsync(CancellationToken.None);

        Assert.Equal([false, true], _heard.Select(result => result.Policy is not null));
    }

    [Fact]
    public async Task RotatedSecretFile_NewKey()
    {
        await using var watcher = Watch();
        _files["/no/such/folder/key"] = "second-key-of-the-vendor";

        Assert.True(await watcher.CheckNowAsync(CancellationToken.None));

        Assert.Equal("second-key-of-the-vendor", Assert.Single(_heard).Policy!.Providers[0].Key);
    }

    [Fact]
    public async Task ChangeBetweenTheFirstReadAndTheWatch_IsSeen()
    {
        var read = PolicyReader.ReadFile(Path, Files());
        _files[Path] = Better;
        await using var watcher = new PolicyWatcher(Path, read, Files(), _time, _heard.Add);

        Assert.True(await watcher.CheckNowAsync(CancellationToken.None));
    }

    [Fact]
    public async Task NoEvent_ThePollFindsTheChange()
    {
        await using var watcher = Watch();
        _files[Path] = Better;

        _time.Advance(PolicyWatcher.PollEvery - TimeSpan.FromTicks(1));
        Assert.Empty(_heard);
        _time.Advance(TimeSpan.FromTicks(1));

        Assert.Single(_heard);
    }

    [Fact]
    public async Task Disposed_NothingIsReadAnyMore()
    {
        var watcher = Watch();
        await watcher.DisposeAsync();
        await watcher.DisposeAsync();
        _files[Path] = Better;

        Assert.False(await watcher.CheckNowAsync(CancellationToken.None));
        Assert.Equal(0, _time.LiveTimers);
        Assert.Empty(_heard);
    }

    [Fact]
    public async Task RealFile_AnEventBringsTheNextLookForward()
    {
        var folder = Directory.CreateTempSubdirectory("understudy-watch-").FullName;
        try
        {
            var path = System.IO.Path.Combine(folder, "understudy.yaml");
            await File.WriteAllTextAsync(path, "providers: { claude: { protocol: anthropic, key: a-key-of-the-vendor } }");
            var told = new TaskCompletionSource<PolicyResult>(TaskCreationOptions.RunContinuationsAsynchronously);
            var environment = PolicyEnvironment.OfProcess;
            await using var watcher = new PolicyWatcher(path, PolicyReader.ReadFile(path, environment), environment, TimeProvider.System, result => told.TrySetResult(result));

            await File.WriteAllTextAsync(path + ".new", "providers: { other: { protocol: anthropic, key: a-key-of-the-vendor } }");
            File.Move(path + ".new", path, overwrite: true);

            Assert.Equal("other", (await told.Task).Policy!.Providers[0].Name);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private PolicyWatcher Watch()
    {
        var environment = Files();
        return new(Path, PolicyReader.ReadFile(Path, environment), environment, _time, _heard.Add);
    }

    private PolicyEnvironment Files() => PolicyEnvironment.Of(new Dictionary<string, string>(), path => _files.GetValueOrDefault(path));
}
