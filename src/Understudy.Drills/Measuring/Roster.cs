namespace Understudy.Drills.Measuring;

/// <summary>What can stand in a <see cref="Roster{T}"/>.</summary>
public interface IRostered
{
    /// <summary>Its place; -1 while it stands in none.</summary>
    int Place { get; set; }
}

/// <summary>Who is under way: in and out at the cost of an array, a million times over.</summary>
/// <typeparam name="T">Who.</typeparam>
internal sealed class Roster<T>
    where T : class, IRostered
{
    private readonly List<T> _present = [];

    public IReadOnlyList<T> Present => _present;

    public void Enter(T one)
    {
        one.Place = _present.Count;
        _present.Add(one);
    }

    /// <summary>Takes one out.</summary>
    /// <returns>False where it was not in.</returns>
    public bool Leave(T one)
    {
        if (one.Place < 0) return false;
        var last = _present[^1];
        _present[one.Place] = last;
        last.Place = one.Place;
        _present.RemoveAt(_present.Count - 1);
        one.Place = -1;
        return true;
    }
}
