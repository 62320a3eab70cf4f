using System.Text;
using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Tests.Wires;

/// <summary>
/// Fixtures and golden outputs lie beside the tests in the source tree. With UNDERSTUDY_UPDATE_GOLDEN=1 the goldens are
/// written instead of compared: read the diff before you commit it.
/// </summary>
internal static class Fixture
{
    private static readonly bool Update = Environment.GetEnvironmentVariable("UNDERSTUDY_UPDATE_GOLDEN") == "1";

    /// <summary>All protocols.</summary>
    public static WireProtocol[] Protocols { get; } = [.. WireProtocols.OfProviders];

    public static AnswerContext Context { get; } = new() { Model = "asked-for", MessageId = "id_gw1", Created = 1790000000, Tools = [new(ToolKind.FreeText, "apply_patch", "{}", WireProtocol.OpenAIResponses)] };

    public static string Folder { get; } = Find();

    public static IEnumerable<string> Names(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Folder, folder), pattern).Select(Path.GetFileName).Order(StringComparer.Ordinal)!;

    public static byte[] Bytes(string folder, string name) => File.ReadAllBytes(Path.Combine(Folder, folder, name));

    public static void AssertGolden(string folder, string name, string actual)
    {
        var path = Path.Combine(Folder, folder, name);
        if (Update)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        Assert.True(File.Exists(path), $"No golden file {folder}/{name}: run once with UNDERSTUDY_UPDATE_GOLDEN=1 and read it.");
        Assert.Equal(File.ReadAllText(path, Encoding.UTF8), actual);
    }

    /// <summary>A fixture's name begins with its protocol.</summary>
    public static WireProtocol Protocol(string name) => name.Split('.')[0] switch
    {
        "anthropic" => WireProtocol.AnthropicMessages,
        "chat" => WireProtocol.OpenAIChat,
        "responses" => WireProtocol.OpenAIResponses,
        "gemini" => WireProtocol.Gemini,
        var other => throw new ArgumentException(other),
    };

    private static string Find()
    {
        // Not [CallerFilePath]: a deterministic build maps it away.
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Understudy.slnx"))) at = at.Parent;
        return Path.Combine(at?.FullName ?? throw new InvalidOperationException("Run the tests inside the source tree."), "tests", "Understudy.Tests", "Wires", "Fixtures");
    }
}
