namespace Understudy.PolicyFile.Keys;

/// <summary>The keys that may stand together.</summary>
/// <param name="Title">As in "unknown key 'x' in …".</param>
/// <param name="Keys">What may stand there.</param>
internal sealed record KeyShape(string Title, IReadOnlyList<Key> Keys)
{
    public Key? Find(string name) => Keys.FirstOrDefault(key => key.Name == name);
}
