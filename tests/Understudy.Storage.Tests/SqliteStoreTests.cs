using Microsoft.Data.Sqlite;
using Understudy.Configuration;
using Understudy.Overrides;
using Understudy.Spending;
using Understudy.Storage.Sqlite;

namespace Understudy.Storage.Tests;

/// <summary>The store as it is opened, used, and as its world breaks.</summary>
public sealed class SqliteStoreTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 6, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("understudy-store");

    private string File => Path.Combine(_folder.FullName, "understudy.db");

    public void Dispose() => _folder.Delete(recursive: true);

    private SqliteStore Open(StoreOptions? options = null) => SqliteStore.Open(File, options ?? new() { LockPatience = TimeSpan.FromSeconds(1) });

    private static Override Kill(string what) => new() { What = what, Kind = OverrideKind.Kill, At = Noon, Who = "rosa", Why = "red", Until = Noon + TimeSpan.FromHours(1) };

    private static OverrideAction Action(string what, string why = "red") => new(Noon, "rosa", "kill", what, why, Noon + TimeSpan.FromHours(1));

    [Fact]
    public async Task WhatIsKept_IsThereAfterARestart()
    {
        await using (var store = Open())
        {
            Assert.Empty(store.Overrides);
            Assert.True(await store.SaveAsync([Kill("claude"), Kill("openai") with { Kind = OverrideKind.Drain, Until = null }], Action("claude")));
            Assert.True(await store.SaveAsync([Kill("claude")], Action("openai")));
        }

        await using var again = Open();
        Assert.Equal(Kill("claude"), Assert.Single(again.Overrides));
        Assert.Equal([Action("claude"), Action("openai")], again.Actions);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
    }

    [Fact]
    public async Task APin_IsThereAfterARestart_BesideTheOrders()
    {
        var pin = new Pin { Route = "claude-*", Target = "openai/gpt-5", At = Noon, Who = "rosa", Why = "red", Until = Noon + TimeSpan.FromHours(1) };
        await using (var store = Open())
        {
            Assert.True(await store.SaveAsync([Kill("claude")], Action("claude")));
            Assert.True(await store.SavePinsAsync([pin, pin with { Route = "gpt-*" }], Action("route claude-*")));
            Assert.True(await store.SavePinsAsync([pin], Action("route gpt-*")));
        }

        await using var again = Open();
        Assert.Equal(pin, Assert.Single(again.Pins));
        Assert.Equal("claude", Assert.Single(again.Overrides).What);
        Assert.Equal(3, again.Actions.Count);
    }

    [Fact]
    public async Task WhatWasTold_SurvivesAKilledProcess()
    {
        // A copy of the files as they are in the middle of running is what a crash leaves behind.
        var crashed = Directory.CreateDirectory(Path.Combine(_folder.FullName, "crashed"));
        await using (var store = Open())
        {
            Assert.True(await store.SaveAsync([Kill("claude")], Action("claude")));
            foreach (var file in Directory.GetFiles(_folder.FullName)) System.IO.File.Copy(file, Path.Combine(crashed.FullName, Path.GetFileName(file)));
        }

        await using var after = SqliteStore.Open(Path.Combine(crashed.FullName, "understudy.db"), new());
        Assert.Equal("claude", Assert.Single(after.Overrides).What);
    }

    [Fact]
    public async Task WhatWasSpent_IsThereAfterARestart_AndWhatIsLongOverIsForgotten()
    {
        var day = new AccountTotals(AccountKind.Client, "ann", SpendWindow.Day, DateTimeOffset.UnixEpoch.AddDays(20_606), new(1_500_000_000), Usd.Zero, new(2), new(3), 4);
        var old = day with { Name = "bob", From = day.From.AddDays(-40) };
        var clock = new FixedTime(day.From.AddHours(12));
        await using (var store = Open(new() { Time = clock }))
        {
            Assert.True(await store.SaveSpendingAsync([day with { Spent = new(7) }, old]));
            Assert.True(await store.SaveSpendingAsync([day, day with { Kind = AccountKind.Provider }]));
        }

        await using var again = Open(new() { Time = clock });
        Assert.Equal([day, day with { Kind = AccountKind.Provider }], again.Spent);
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    [Fact]
    public async Task Migrations_RunOnce_AndCarryAnOldFileUp()
    {
        await Open().DisposeAsync();
        Assert.Equal(Schema.Newest, Version());
        await Open().DisposeAsync();
        Assert.Equal(Schema.Newest, Version());
    }

    [Fact]
    public async Task NewerSchema_IsRefused_AndLeftAlone()
    {
        await Open().DisposeAsync();
        Run("PRAGMA user_version = 4711");
        var refused = Assert.Throws<StoreException>(() => Open());
        Assert.Contains("newer version (schema 4711", refused.Message, StringComparison.Ordinal);
        Assert.Equal(4711, Version());
    }

    [Fact]
    public void AnotherProgramsDatabase_IsRefused_AndLeftAlone()
    {
        Run("CREATE TABLE theirs (x)");
        Assert.Contains("another program", Assert.Throws<StoreException>(() => Open()).Message, StringComparison.Ordinal);
        Assert.Equal(0, Version());
    }

    [Fact]
    public void NoDatabase_IsRefused()
    {
        System.IO.File.WriteAllText(File, new string('x', 4096));
        Assert.Contains("no SQLite database", Assert.Throws<StoreException>(() => Open()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DamagedFile_IsRefused()
    {
        await using (var store = Open())
        {
            for (var i = 0; i < 200; i++) await store.SaveAsync([Kill("claude")], Action("claude", new string('y', 400)));
        }

        var bytes = System.IO.File.ReadAllBytes(File);
        Array.Fill<byte>(bytes, 0xAB, 4096, bytes.Length - 4096);
        System.IO.File.WriteAllBytes(File, bytes);
        Assert.Contains("damaged", Assert.Throws<StoreException>(() => Open()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing/understudy.db")]
    [InlineData("")]
    public void NoPlaceForIt_IsSaid(string path)
    {
        var where = Path.Combine(_folder.FullName, path); // the second is the folder itself
        Assert.Contains(where, Assert.Throws<StoreException>(() => SqliteStore.Open(where, new())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadOnlyPlace_IsSaid()
    {
        // The superuser may write everywhere but where the system itself says no.
        if (!OperatingSystem.IsLinux()) Assert.Skip("needs /proc");
        Assert.Contains("can't be", Assert.Throws<StoreException>(() => SqliteStore.Open("/proc/self/understudy.db", new())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FileInUse_IsSaid_AndTheFirstGoesOn()
    {
        await using var first = Open();
        var refused = Assert.Throws<StoreException>(() => Open());
        Assert.Contains("locked", refused.Message, StringComparison.Ordinal);
        Assert.True(await first.SaveAsync([Kill("claude")], Action("claude")));
    }

    [Fact]
    public async Task FullDisk_IsTold_NothingThrows_AndWhatMustBeKeptIsWrittenWhenThereIsRoom()
    {
        var told = new List<StoreHealth>();
        var ill = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var well = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (var store = Open(new()
        {
            MostPages = 40,
            RetryEvery = TimeSpan.FromMilliseconds(20),
            HealthChanged = health =>
            {
                lock (told) told.Add(health);
                (health.IsWell ? well : ill).TrySetResult();
            },
        }))
        {
            var kept = true;
            for (var i = 0; i < 1000 && kept; i++) kept = await store.SaveAsync([Kill("claude")], Action("claude", new string('y', 500)));
            Assert.False(kept);
            await ill.Task;
            Assert.Equal("its disk is full", store.Health.Trouble);
            Assert.False(await store.SaveAsync([Kill("the-last-one")], Action("the-last-one")));

            store.SetQuota(1000); // somebody made room
            await well.Task.WaitAsync(TestContext.Current.CancellationToken);
            Assert.True(store.Health.IsWell);
            lock (told) Assert.Equal([false, true], told.Select(health => health.IsWell));
        }

        await using var again = Open();
        Assert.Equal("the-last-one", Assert.Single(again.Overrides).What);
        Assert.Equal("the-last-one", again.Actions[^1].What);
    }

    private long Version()
    {
        using var connection = Raw();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA user_version";
        return (long)command.ExecuteScalar()!;
    }

    private void Run(string sql)
    {
        using var connection = Raw();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // constants of this file
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private SqliteConnection Raw()
    {
        var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        return connection;
    }
}
