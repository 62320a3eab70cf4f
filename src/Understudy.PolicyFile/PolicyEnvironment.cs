namespace Understudy.PolicyFile;

/// <summary>Where <c>${NAME}</c> and <c>${file:PATH}</c> are read from. Given, so that a test needs no process-wide state.</summary>
/// <param name="variable">The value of a variable, or null.</param>
/// <param name="file">The text of a file, or null where it can't be read.</param>
/// <param name="names">The names of all variables, for "did you mean"; null where they can't be listed.</param>
public sealed class PolicyEnvironment(
    Func<string, string?> variable,
    Func<string, string?>? file = null,
    Func<IEnumerable<string>>? names = null)
{
    /// <summary>The environment and the files of this process.</summary>
    public static PolicyEnvironment OfProcess { get; } = new(
        Environment.GetEnvironmentVariable,
        ReadOrNull,
        () => Environment.GetEnvironmentVariables().Keys.Cast<string>());

    /// <summary>No variables, no files.</summary>
    public static PolicyEnvironment Empty { get; } = new(_ => null);

    /// <summary>Variables out of a dictionary, for tests and tools.</summary>
    public static PolicyEnvironment Of(IReadOnlyDictionary<string, string> variables, Func<string, string?>? file = null) =>
        new(name => variables.GetValueOrDefault(name), file, () => variables.Keys);

    /// <summary>A variable's value without surrounding blanks; null where it is unset or empty, since an empty key is no key.</summary>
    public string? Variable(string name) => variable(name)?.Trim() is { Length: > 0 } value ? value : null;

    /// <summary>A file's text; null where it can't be read.</summary>
    public string? File(string path) => file?.Invoke(path);

    /// <summary>The names of the variables, as far as they are known.</summary>
    public IEnumerable<string> Names => names?.Invoke() ?? [];

    /// <summary>The same with one variable set otherwise: how an option of the command line takes the place of its variable.</summary>
    public PolicyEnvironment With(string name, string value) =>
        new(other => other == name ? value : variable(other), file, () => Names.Append(name));

    /// <summary>The same with files read otherwise.</summary>
    internal PolicyEnvironment WithFiles(Func<string, string?> otherFile) => new(variable, otherFile, names);

    private static string? ReadOrNull(string path)
    {
        try
        {
            return System.IO.File.ReadAllText(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
