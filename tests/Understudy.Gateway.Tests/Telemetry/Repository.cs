namespace Understudy.Gateway.Tests.Telemetry;

/// <summary>Files of the repository that the product ships with.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string PathOf(string file) => Path.Combine(Root, file);

    public static string Read(string file) => File.ReadAllText(PathOf(file));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Understudy.slnx"))) return folder.FullName;
        }

        throw new InvalidOperationException("These tests must run from inside the repository.");
    }
}
