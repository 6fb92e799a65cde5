(** The whole theorem in one statement: from any state, 2L steps of the doubled dynamics give the gradient.

    The network, its energy E(x, s; theta) and the unit step are those of Network.v: any directed acyclic graph of
    maps between normed spaces, with shared parameters.  If no path has more than L vertices, then [2 * L] steps
    from any state lead to a state at which x is the feedforward activation, every s_v is the derivative of the cost
    in x_v, and dE/dtheta, x and s held fixed, is the derivative of the cost as a function of theta, everything
    being fed forward.

    Assumed of the maps: f_v reads only its parents, and f_v and C are differentiable, with derivatives [Df v] and
    [Dcost], at the one point where feeding theta forward evaluates them.  Elsewhere [Df] and [Dcost] may be
    anything (a convention at the kink of relu, say), and the initial s_v may be any functions, not even linear.

    Network.v instantiates the 2L theorem of Dyadic.v: after 2L steps the state is a fixed point.  Here a fixed point is
    shown to be feedforward and to solve the sensitivity equations of Gradient.v, whose theorems then apply. *)

From Coq Require Import Reals Arith Lia.
From Coquelicot Require Import Coquelicot.
From Dyadic Require Import Gradient Sums Paths Network.
Open Scope nat_scope.

Section Network.
  Variable Theta : NormedModule R_AbsRing.
  Variable X : nat -> NormedModule R_AbsRing.
  Variable n : nat.
  Local Notation E := (Gradient.E Theta X).
  Local Notation instead := (@Network.instead X).
  Local Notation along := (@Network.along Theta X).
  Variable f : forall v, E v -> X v.
  Variable Df : forall v, E v -> E v -> X v.
  Variable cost : E n -> R_NormedModule.
  Variable Dcost : E n -> E n -> R_NormedModule.
  Variable parent : nat -> nat -> bool.
  Hypothesis parents_first : forall u v, parent u v = true -> u < v.
  Hypothesis f_reads_parents : forall v e e', v < n -> agree_at_parents parent v v e e' -> f v e = f v e'.
  Variable L : nat.
  Hypothesis paths_bounded : forall k v, v < n -> path parent k v -> k <= L.

  (** The maps and the cost are differentiable where theta fed forward evaluates them. *)
  Variable theta : Theta.
  Hypothesis f_differentiable : forall v, v < n ->
    filterdiff (f v) (locally (feedforward f theta v)) (Df v (feedforward f theta v)).
  Hypothesis cost_differentiable :
    filterdiff cost (locally (feedforward f theta n)) (Dcost (feedforward f theta n)).

  (** ** A fixed point solves the hypotheses of Gradient.v *)

  Section FixedPoint.
    Variable x : forall v, X v.
    Variable s : forall v, X v -> R_NormedModule.
    Hypothesis x_fixed : forall v, v < n -> x v = new_activation f theta v x.
    Hypothesis s_fixed : forall v, v < n -> s v = new_sensitivity Df Dcost parent theta v x s.

    (** The activations are those of feeding forward. *)
    Lemma collect_is_feedforward : forall v, v <= n -> collect theta x v = feedforward f theta v.
    Proof.
      induction v as [|v IH]; intro Hv; simpl; [reflexivity|].
      rewrite x_fixed by lia. unfold new_activation. now rewrite IH by lia.
    Qed.

    Lemma Df_linear : forall v, v < n -> is_linear (Df v (collect theta x v)).
    Proof. intros v Hv. rewrite collect_is_feedforward by lia. apply (f_differentiable v Hv). Qed.

    Lemma Dcost_linear : is_linear (Dcost (collect theta x n)).
    Proof. rewrite collect_is_feedforward by lia. apply cost_differentiable. Qed.

    (** The sensitivities vanish at zero: by induction from the last vertex to the first. *)
    Lemma s_zero : forall v, v < n -> s v zero = 0%R.
    Proof.
      intro v. remember (n - v) as k eqn:Hk. revert v Hk.
      induction k as [k IH] using lt_wf_ind. intros v Hk Hv.
      rewrite s_fixed by exact Hv. unfold new_sensitivity.
      rewrite sum_below_zero.
      - rewrite along_zero, (linear_zero _ Dcost_linear). apply Rplus_0_l.
      - intros c Hc. destruct (parent v c) eqn:Hp; [|reflexivity].
        rewrite along_zero, (linear_zero _ (Df_linear c Hc)).
        pose proof (parents_first v c Hp). now apply (IH (n - c)); [lia| |].
    Qed.

    (** So the sum over the children is a sum over all vertices. *)
    Lemma s_is_total : forall u w, u < n -> s u w =
      (sum_below n (fun c => s c (Df c (collect theta x c) (along u w c))) + Dcost (collect theta x n) (along u w n))%R.
    Proof.
      intros u w Hu. rewrite s_fixed by exact Hu. unfold new_sensitivity. f_equal.
      apply sum_below_ext. intros c Hc. destruct (parent u c) eqn:Hp; [reflexivity|].
      rewrite (Df_not_parent Theta X n f Df parent); try assumption; [symmetry; now apply s_zero|].
      rewrite collect_is_feedforward by lia. now apply f_differentiable.
    Qed.

    (** The energy's derivative of Gradient.v, in directions that move nothing from v on, is the sum over
        c >= v of s_c o Df_c, and DC. *)
    Lemma energy_derivative_is_sum : forall v (t : later n v) h d, (forall u, v <= u -> d u = zero) ->
      (energy_derivative Theta X f Df n Dcost s v t (collect theta x v) (collect h d v)
        + sum_below v (fun c => s c (Df c (collect theta x c) (collect h d c))))%R =
      (sum_below n (fun c => s c (Df c (collect theta x c) (collect h d c)))
        + Dcost (collect theta x n) (collect h d n))%R.
    Proof.
      intros v t h d. induction t as [|v rest IH]; intro Hd; simpl.
      - apply Rplus_comm.
      - pose proof (later_at_most _ _ rest) as Hv.
        rewrite <- IH by (intros; apply Hd; lia). simpl.
        rewrite (Hd v (Nat.le_refl v)).
        assert (Hx : extend Theta X f v (collect theta x v) = (collect theta x v, x v)).
        { unfold extend. now rewrite (x_fixed v Hv). }
        rewrite Hx. simpl.
        change (plus ?a ?b) with (Rplus a b). rewrite Rplus_assoc. f_equal. apply Rplus_comm.
    Qed.

    Lemma equations_solved : forall v (t : later n v),
      sensitivity_equations Theta X f Df n Dcost s v t (collect theta x v).
    Proof.
      induction t as [|v rest IH]; simpl; [exact I|].
      pose proof (later_at_most _ _ rest) as Hv.
      assert (Hx : extend Theta X f v (collect theta x v) = collect theta x (S v)).
      { simpl. unfold extend. now rewrite (x_fixed v Hv). }
      rewrite Hx. split; [|exact IH]. intro w.
      pose proof (energy_derivative_is_sum (S v) rest zero (fun u => instead v w u zero)) as H.
      rewrite s_is_total by exact Hv. fold (along v w) in H.
      rewrite <- H by (intros u Hu; now apply instead_other; lia).
      rewrite sum_below_zero.
      - rewrite Rplus_0_r. f_equal. unfold Network.along. simpl. rewrite instead_same.
        f_equal. exact (along_before Theta X v w v (Nat.le_refl v)).
      - intros c Hc. rewrite along_before by lia. rewrite (linear_zero _ (Df_linear c ltac:(lia))).
        apply s_zero. lia.
    Qed.

    Lemma differentiable : forall v (t : later n v),
      differentiable_along Theta X f Df n cost Dcost v t (feedforward f theta v).
    Proof.
      induction t as [|v rest IH]; simpl; [exact cost_differentiable|].
      split; [apply f_differentiable; apply (later_at_most _ _ rest) | exact IH].
    Qed.

    Lemma cost_of_feedforward : forall t v (l : later n v),
      cost_of Theta X f n cost v l (feedforward f t v) = feedforward_cost f cost t.
    Proof. intros t v l. induction l as [|v rest IH]; [reflexivity | exact IH]. Qed.

    Lemma cost_of_feedforward_with : forall t u y v (l : later n v), u < v ->
      cost_of Theta X f n cost v l (feedforward_with f t u y v) = cost (feedforward_with f t u y n).
    Proof.
      intros t u y v l. induction l as [|v rest IH]; intro Hv; [reflexivity|].
      rewrite <- IH by lia. simpl. now rewrite instead_other by lia.
    Qed.

    Lemma feedforward_with_before : forall t u y v, v <= u -> feedforward_with f t u y v = feedforward f t v.
    Proof.
      intros t u y. induction v as [|v IH]; intro Hv; simpl; [reflexivity|].
      rewrite IH by lia. now rewrite instead_other by lia.
    Qed.

    (** Every sensitivity is the derivative of the cost in its activation. *)
    Lemma sensitivities_exact : forall v, v < n ->
      filterdiff (fun y => cost (feedforward_with f theta v y n)) (locally (x v)) (s v).
    Proof.
      intros v Hv. set (rest := all_later n (S v) Hv).
      apply filterdiff_ext with (fun y => cost_of Theta X f n cost (S v) rest (feedforward f theta v, y)).
      - intro y. rewrite <- (cost_of_feedforward_with theta v y (S v) rest) by lia.
        simpl. now rewrite instead_same, feedforward_with_before by lia.
      - apply sensitivity_is_the_derivative with (Df := Df) (Dcost := Dcost).
        + rewrite (x_fixed v Hv). unfold new_activation. now rewrite collect_is_feedforward by lia.
        + apply differentiable.
        + rewrite <- collect_is_feedforward by lia. apply equations_solved.
    Qed.

    (** The gradient is the derivative of the cost, ... *)
    Lemma gradient_of_cost :
      filterdiff (feedforward_cost f cost) (locally theta) (parameter_gradient Df Dcost theta x s).
    Proof.
      set (all := all_later n 0 (Nat.le_0_l n)).
      apply filterdiff_ext with (cost_of Theta X f n cost 0 all).
      - intro t. apply (cost_of_feedforward t 0 all).
      - apply (filterdiff_ext_lin _ (energy_derivative Theta X f Df n Dcost s 0 all theta)).
        + apply (energy_gradient_is_the_derivative Theta X f Df n cost Dcost s all theta).
          * apply (differentiable 0 all).
          * apply (equations_solved 0 all).
        + intro h. pose proof (energy_derivative_is_sum 0 all h (fun _ => zero) (fun _ _ => eq_refl)) as H.
          simpl in H. rewrite Rplus_0_r in H. exact H.
    Qed.

    Lemma collect_differentiable : forall v,
      filterdiff (fun t => collect t x v) (locally theta) (fun h => along_theta h v).
    Proof.
      unfold along_theta. induction v as [|v IH]; simpl; [apply filterdiff_id|].
      apply (filterdiff_comp'_2 (fun t => collect t x v) (fun _ => x v)
               (fun a b => (a, b) : prod_NormedModule R_AbsRing (E v) (X v)) theta
               (fun h => collect h (fun _ => zero) v) (fun _ => zero)
               (fun a b => (a, b) : prod_NormedModule R_AbsRing (E v) (X v))).
      - exact IH.
      - apply filterdiff_const.
      - apply filterdiff_linear. apply is_linear_prod; [apply is_linear_fst | apply is_linear_snd].
    Qed.

    (** ... and of the energy, with x and s held fixed. *)
    Lemma gradient_of_energy :
      filterdiff (fun t => energy f cost t x s) (locally theta) (parameter_gradient Df Dcost theta x s).
    Proof.
      apply (filterdiff_plus_fct
        (fun t => sum_below n (fun v => s v (minus (f v (collect t x v)) (x v))) : R_NormedModule)
        (fun t => cost (collect t x n))
        (fun h => sum_below n (fun v => s v (Df v (collect theta x v) (along_theta h v))) : R_NormedModule)
        (fun h => Dcost (collect theta x n) (along_theta h n))).
      - apply (sum_below_differentiable Theta theta n
                 (fun v t => s v (minus (f v (collect t x v)) (x v)))
                 (fun v h => s v (Df v (collect theta x v) (along_theta h v)))).
        intros v Hv. destruct (sensitivities_exact v Hv) as [linear _].
        apply (filterdiff_comp' (fun t => minus (f v (collect t x v)) (x v)) (s v) theta
                 (fun h => Df v (collect theta x v) (along_theta h v)) (s v)).
        + apply (filterdiff_ext_lin _ (fun h => minus (Df v (collect theta x v) (along_theta h v)) zero)).
          * apply (filterdiff_minus_fct (fun t => f v (collect t x v)) (fun _ => x v)); [|apply filterdiff_const].
            apply (filterdiff_comp' (fun t => collect t x v) (f v)); [apply collect_differentiable|].
            rewrite collect_is_feedforward by lia. now apply f_differentiable.
          * intro h. apply minus_zero_r.
        + now apply filterdiff_linear.
      - apply (filterdiff_comp' (fun t => collect t x n) cost); [apply collect_differentiable|].
        rewrite collect_is_feedforward by lia. exact cost_differentiable.
    Qed.
  End FixedPoint.

  (** ** The theorem *)

  Theorem dyadic_backpropagation : forall z : network_state X n,
    let x := x_of (after f Df Dcost parent theta (2 * L) z) in
    let s := s_of (after f Df Dcost parent theta (2 * L) z) in
    (forall v, v < n -> x v = f v (feedforward f theta v)) /\
    (forall v, v < n -> filterdiff (fun y => cost (feedforward_with f theta v y n)) (locally (x v)) (s v)) /\
    filterdiff (fun t => energy f cost t x s) (locally theta) (parameter_gradient Df Dcost theta x s) /\
    filterdiff (feedforward_cost f cost) (locally theta) (parameter_gradient Df Dcost theta x s).
  Proof.
    intros z x s.
    assert (x_fixed : forall v, v < n -> x v = new_activation f theta v x) by (intros; now apply after_2L_steps).
    assert (s_fixed : forall v, v < n -> s v = new_sensitivity Df Dcost parent theta v x s)
      by (intros; now apply after_2L_steps).
    split; [|split; [|split]].
    - intros v Hv. rewrite x_fixed at 1 by exact Hv. unfold new_activation.
      now rewrite collect_is_feedforward by (assumption || lia).
    - intros v Hv. now apply sensitivities_exact.
    - now apply gradient_of_energy.
    - now apply gradient_of_cost.
  Qed.
End Network.
