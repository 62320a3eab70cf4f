using Understudy.Configuration;

namespace Understudy.Gateway.Tests.Support;

/// <summary>A folder with a store in it, gone with the test.</summary>
internal sealed class StoreFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("understudy-store");

    public string Folder => _folder.FullName;

    public string File => Path.Combine(Folder, "understudy.db");

    public StoreModel Store => new() { Kind = StoreKind.Sqlite, Location = File };

    public void Dispose() => _folder.Delete(recursive: true);
}
